import { expect, test } from 'vitest'
import { BufferPool } from '../src/tcp/buffer-pool.ts'
import { type EntrySink, EntryStream } from '../src/tcp/entry-stream.ts'
import { OperationMarks } from '../src/tcp/operation-marks.ts'
import { packetsIn } from './tcp-client.ts'
import { concat, TestLog } from './tcp-log.ts'

/** Bytes of an entry that holds 100. */
const ENTRY_BYTES = 117

/** Takes one write at a time, when the test says so. */
class SlowSink implements EntrySink {
  readonly written: Uint8Array[] = []
  drained = true
  errors: unknown[] = []
  #progress: (() => void)[] = []

  write(packets: readonly Uint8Array[]): void {
    this.written.push(concat(packets))
    this.drained = false
  }

  onProgress(): void {
    for (const resolve of this.#progress.splice(0)) resolve()
  }

  /** Resolves when something that was read has come. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#progress.push(resolve))
  }

  onEnd(): void {}

  onCut(): void {
    this.errors.push('cut')
  }

  onError(error: unknown): void {
    this.errors.push(error)
  }
}

test.each([
  ['entries', undefined, []],
  ['marks', new OperationMarks({ lastUpTo: () => undefined, isKnownAt: () => false }), ['end 0', 'end 0 gap']],
] as const)('what was read ahead and then truncated is not sent: %s', async (_, marks, first) => {
  const log = new TestLog({ inMemory: false })
  const old = log.addMany(12, 100)
  log.commit()
  const sink = new SlowSink()
  const pool = new BufferPool(4 * ENTRY_BYTES, 4)
  const stream = new EntryStream({ log: log.log, from: await log.log.locate(0), pool, sink, marks })
  const read = sink.progress()
  stream.step()
  await read
  // Entries 0 to 3 are being written, 4 to 7 are read ahead.
  await sink.progress()
  expect(stream.entryNumber).toBe(4)
  await log.truncate(6)
  const other = log.add(7, new Uint8Array(100).fill(9))
  log.commit()
  while (stream.entryNumber < 7) {
    sink.drained = true
    const more = sink.progress()
    stream.step()
    await more
  }
  const got = concat(sink.written)
  const entries = ['entry 0', 'entry 1', 'entry 2', 'entry 3', 'entry 4', 'entry 5', 'entry 6']
  expect(packetsIn(got).filter((packet) => packet.startsWith('entry'))).toEqual(entries)
  expect(packetsIn(got).slice(0, first.length)).toEqual(first)
  expect(Buffer.from(got).includes(Buffer.from(old.subarray(4 * ENTRY_BYTES, 6 * ENTRY_BYTES)))).toBe(true)
  expect(Buffer.from(got).includes(Buffer.from(other))).toBe(true)
  expect(sink.errors).toEqual([])
  stream.stop()
})
