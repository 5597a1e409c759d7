import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamWriter } from '@datastreamer/format/source'
import { bookmarkOf, DATA_BYTES, OPERATION_ENTRIES, TURN_OPERATIONS, turn } from '../harness/stream-file.ts'

export interface Load {
  readonly operations: number
  /** Operations that may be unanswered; `undefined`: as many as the writer buffers. */
  readonly inFlight: number | undefined
}

export interface PacedLoad {
  readonly operations: number
  readonly operationsPerSecond: number
}

/** Write operations of one bookmark and ten entries; resolves when the last is answered. */
export async function writeLoad(writer: StreamWriter, { operations, inFlight }: Load): Promise<void> {
  const data = randomFillSync(new Uint8Array(DATA_BYTES))
  const window: Promise<unknown>[] = []
  let last: Promise<unknown> = Promise.resolve()
  for (let operation = 0; operation < operations; operation++) {
    if (inFlight !== undefined && operation >= inFlight) await window[operation % inFlight]
    writer.startAtomicOp()
    writer.addStreamBookmark(bookmarkOf(operation))
    for (let i = 0; i < OPERATION_ENTRIES; i++) writer.addStreamEntry(1, data)
    last = writer.commitAtomicOp()
    if (inFlight !== undefined) window[operation % inFlight] = last
    else if ((operation + 1) % TURN_OPERATIONS === 0) {
      await writer.writable()
      await turn()
    }
  }
  await last
}

/** Write such operations as their time comes, whatever was answered; all entries begin with the time by `hrtime`. */
export async function writePaced(writer: StreamWriter, { operations, operationsPerSecond }: PacedLoad): Promise<void> {
  const data = new Uint8Array(DATA_BYTES)
  const view = new DataView(data.buffer)
  const start = performance.now()
  let last: Promise<unknown> = Promise.resolve()
  for (let operation = 0; operation < operations; ) {
    const due = Math.min(operations, ((performance.now() - start) * operationsPerSecond) / 1000)
    for (; operation < due; operation++) {
      view.setBigUint64(0, process.hrtime.bigint())
      writer.startAtomicOp()
      writer.addStreamBookmark(bookmarkOf(operation))
      for (let i = 0; i < OPERATION_ENTRIES; i++) writer.addStreamEntry(1, data)
      last = writer.commitAtomicOp()
    }
    await sleep(1)
    await writer.writable()
  }
  await last
}
