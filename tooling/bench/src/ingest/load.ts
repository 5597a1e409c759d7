import { randomFillSync } from 'node:crypto'
import type { StreamWriter } from '@datastreamer/format/source'
import { bookmarkOf, DATA_BYTES, OPERATION_ENTRIES, TURN_OPERATIONS, turn } from '../harness/stream-file.ts'

export interface Load {
  readonly operations: number
  /** Operations that may be unanswered; `undefined`: as many as the writer buffers. */
  readonly inFlight: number | undefined
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
