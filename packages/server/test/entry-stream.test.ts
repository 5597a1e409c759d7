import { systemClock } from '@datastreamer/runtime'
import { concat, TestLog } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { BoundaryPackets } from '../src/tcp/boundary-packets.ts'
import { type EntrySink, EntryStream } from '../src/tcp/entry-stream.ts'
import { PartMemory } from '../src/tcp/part-memory.ts'
import { SharedCopy } from '../src/tcp/shared-copy.ts'
import { packetsIn } from './tcp-client.ts'

/** Bytes of an entry that holds 100. */
const ENTRY_BYTES = 117

/** Takes one write at a time, when the test says so. */
class SlowSink implements EntrySink {
  readonly written: Uint8Array[] = []
  drained = true
  errors: unknown[] = []
  #progress: (() => void)[] = []
  #onTaken: () => void = () => {}

  write(packets: readonly Uint8Array[], onTaken: () => void): void {
    this.written.push(concat(packets))
    this.drained = false
    this.#onTaken = onTaken
  }

  /** Take what was written. */
  take(): void {
    this.drained = true
    this.#onTaken()
  }

  onReady(): void {
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
  [
    'operation boundaries',
    new BoundaryPackets({ lastUpTo: () => undefined, isKnownAt: () => false }),
    ['end 0', 'end 0 gap'],
  ],
] as const)('what was read ahead and then truncated is not sent: %s', async (_, boundaries, first) => {
  const log = new TestLog({ inMemory: false })
  const old = log.addMany(16, 100)
  log.commit()
  const sink = new SlowSink()
  const bytes = 4 * ENTRY_BYTES
  const parts = new PartMemory({ smallBytes: bytes, largeBytes: bytes, maxLarge: 4 })
  const memory = { parts, newest: new SharedCopy() }
  const stream = new EntryStream({
    log: log.log,
    from: await log.log.locate(0),
    memory,
    sink,
    boundaries,
    clock: systemClock,
  })
  // Only a reader that has taken a part at once has the next one read ahead.
  for (const number of [4, 8]) {
    if (!sink.drained) sink.take()
    const read = sink.progress()
    stream.step()
    await read
    stream.step()
    expect(stream.entryNumber).toBe(number)
  }
  // Entries 4 to 7 are being written, 8 to 11 are read ahead.
  await sink.progress()
  await log.truncate(10)
  const other = log.add(7, new Uint8Array(100).fill(9))
  log.commit()
  while (stream.entryNumber < 11) {
    if (!sink.drained) sink.take()
    const more = sink.progress()
    stream.step()
    // What was written is taken at once; what has to be read tells when it has come.
    if (sink.drained) await more
  }
  const got = concat(sink.written)
  const entries = Array.from({ length: 11 }, (_, i) => `entry ${i}`)
  expect(packetsIn(got).filter((packet) => packet.startsWith('entry'))).toEqual(entries)
  expect(packetsIn(got).slice(0, first.length)).toEqual(first)
  expect(Buffer.from(got).includes(Buffer.from(old.subarray(8 * ENTRY_BYTES, 10 * ENTRY_BYTES)))).toBe(true)
  expect(Buffer.from(got).includes(Buffer.from(other))).toBe(true)
  expect(sink.errors).toEqual([])
  stream.stop()
  sink.take()
  expect(parts.largeInUse).toBe(0)
})
