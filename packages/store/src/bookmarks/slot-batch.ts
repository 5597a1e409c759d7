// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import type { ClassicLevel } from 'classic-level'
import { LENGTH_MASK, MAX_KEY_BYTES, NUMBER_AT, REMOVED_BIT, SLOT_BYTES } from './slots.ts'

type Batch = ReturnType<ClassicLevel<Uint8Array, Uint8Array>['batch']>

/** Copies of a slot's key and value, reused because LevelDB copies them at once. One view for each length of a key. */
const keyBytes = new Uint8Array(MAX_KEY_BYTES)
const keys = Array.from({ length: MAX_KEY_BYTES + 1 }, (_, length) => keyBytes.subarray(0, length))
const value = new Uint8Array(SLOT_BYTES - NUMBER_AT)

/** Put the changes of the first `count` slots into a batch. */
export function fillBatch(batch: Batch, view: DataView, count: number): void {
  for (let at = 0; at < count * SLOT_BYTES; at += SLOT_BYTES) {
    const head = view.getUint8(at)
    const key = keys[head & LENGTH_MASK] ?? keyBytes
    for (let i = 0; i < key.length; i++) key[i] = view.getUint8(at + 1 + i)
    if ((head & REMOVED_BIT) !== 0) {
      batch.del(key)
      continue
    }
    for (let i = 0; i < value.length; i++) value[i] = view.getUint8(at + NUMBER_AT + i)
    batch.put(key, value)
  }
}

/** A value that another program stored may not be a number: then it is one that no entry has. */
export function decodeNumber(bytes: Uint8Array): number {
  if (bytes.length !== value.length) return Number.MAX_SAFE_INTEGER
  return Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0))
}
