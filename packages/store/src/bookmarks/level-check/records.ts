// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { LevelDamage, u32 } from './bytes.ts'
import { crc32c, masked } from './crc32c.ts'

const BLOCK_BYTES = 32_768
/** `crc u32 | length u16 | type u8`, little-endian. */
const HEAD_BYTES = 7
const FULL = 1
const FIRST = 2
const LAST = 4

export interface Records {
  readonly records: readonly Uint8Array[]
  /** Position after the last whole record. */
  readonly end: number
}

/**
 * The whole records of a journal or manifest from a position on at which one begins, or at which the file ends.
 *
 * An incomplete last record, with only zeros after it, is left out: a crash leaves a file so, or it is being written.
 *
 * @throws {LevelDamage} if a record before the last is not whole
 */
export function readRecords(bytes: Uint8Array, from = 0): Records {
  const records: Uint8Array[] = []
  let end = from
  let fragments: Uint8Array[] = []
  for (let at = from; at < bytes.length; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (left < HEAD_BYTES || isUnused(bytes, at)) {
      at += left
      continue
    }
    const fragment = readFragment(bytes, at, left)
    if (fragment === undefined) {
      if (bytes.subarray(Math.min(bytes.length, at + BLOCK_BYTES)).some((byte) => byte !== 0)) {
        throw new LevelDamage(`a record at ${at} is damaged`)
      }
      break
    }
    const isStart = fragment.type === FULL || fragment.type === FIRST
    if (isStart !== (fragments.length === 0)) throw new LevelDamage(`a record at ${at} has lost a part`)
    fragments.push(fragment.data)
    at = fragment.end
    if (fragment.type !== FULL && fragment.type !== LAST) continue
    records.push(fragments.length === 1 ? fragment.data : joined(fragments))
    fragments = []
    end = at
  }
  return { records, end }
}

/** Whether the rest is preallocated space. */
function isUnused(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at, at + HEAD_BYTES).every((byte) => byte === 0)
}

/** The fragment of a record at a position, or `undefined` if it is the last one in the file and incomplete. */
function readFragment(
  bytes: Uint8Array,
  at: number,
  left: number,
): { readonly data: Uint8Array; readonly type: number; readonly end: number } | undefined {
  const rest = bytes.length - at
  if (rest < HEAD_BYTES) return undefined
  const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)
  const type = bytes[at + 6] as number
  const end = at + HEAD_BYTES + length
  if (HEAD_BYTES + length <= left && end <= bytes.length && type >= FULL && type <= LAST) {
    if (u32(bytes, at) === masked(crc32c(bytes.subarray(at + 6, end)))) {
      return { data: bytes.subarray(at + HEAD_BYTES, end), type, end }
    }
    // Whole records after it show that it was whole once.
    if (bytes.subarray(end).some((byte) => byte !== 0)) {
      throw new LevelDamage(`a record at ${at} does not match its checksum`)
    }
  }
  return undefined
}

function joined(fragments: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(fragments.reduce((length, fragment) => length + fragment.length, 0))
  let at = 0
  for (const fragment of fragments) {
    out.set(fragment, at)
    at += fragment.length
  }
  return out
}
