import { encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import type { DiskFile } from '../src/disk/disk.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { StreamLog } from '../src/log/stream-log.ts'
import { standstill } from './gated-disk.ts'

const START = { position: HEADER_PAGE_BYTES, number: 0 }
const EMPTY = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }

/** A log of one entry on a disk whose reads take bytes when they begin and return when they are let. */
class HeldLog {
  readonly log: StreamLog
  reads = 0
  #bytes = entryOf(1)
  #held: ReturnType<typeof standstill>[] = []

  constructor() {
    const read = async (into: Uint8Array, position: number): Promise<number> => {
      this.reads++
      into.set(this.#bytes.subarray(position - HEADER_PAGE_BYTES).subarray(0, into.length))
      const held = standstill()
      this.#held.push(held)
      await held.promise
      return into.length
    }
    this.log = new StreamLog({
      file: { read } as unknown as DiskFile,
      path: '/stream.bin',
      header: {
        generation: 3,
        version: 2,
        systemId: 0n,
        streamType: 1n,
        totalLength: HEADER_PAGE_BYTES + this.#bytes.length,
        totalEntries: 1n,
      },
      buffers: new PageBuffers(),
      readBytes: PAGE_BYTES,
    })
  }

  /** What the file holds from now on. */
  write(bytes: Uint8Array): void {
    this.#bytes = bytes
  }

  /** Let the reads that wait return, and those that come of it, until nothing waits. */
  async letReads(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const held = this.#held.splice(0)
      if (held.length === 0) return
      for (const { resolve } of held) resolve()
    }
  }
}

function entryOf(byte: number): Uint8Array {
  return encodeEntry({ type: 1, number: 0n, data: Uint8Array.of(byte) })
}

test('a run that was read while it was truncated is gone', async () => {
  const held = new HeldLog()
  const run = held.log.runOnDisk(START)
  held.log.truncate(EMPTY)
  await held.letReads()
  expect(await run).toBeUndefined()
})

test('an entry that was read while another took its place is read again', async () => {
  const held = new HeldLog()
  const { totalLength, totalEntries } = held.log.header
  const entry = held.log.entry(0n)
  await new Promise((resolve) => setImmediate(resolve))
  held.log.truncate(EMPTY)
  held.write(entryOf(2))
  held.log.advance({ totalLength, totalEntries })
  await held.letReads()
  expect((await entry)?.data).toEqual(Uint8Array.of(2))
})

test('a run that was read while it was changed in place is read again', async () => {
  const held = new HeldLog()
  const run = held.log.runOnDisk(START)
  await held.log.change(async () => held.write(entryOf(2)))
  await held.letReads()
  expect((await run)?.bytes).toEqual(entryOf(2))
})

test('a run that was read in the middle of a change is read again', async () => {
  const held = new HeldLog()
  const run = held.log.runOnDisk(START)
  const written = standstill()
  const changed = held.log.change(() => written.promise)
  await held.letReads()
  expect(held.reads).toBe(1)
  held.write(entryOf(2))
  written.resolve()
  await changed
  await held.letReads()
  expect((await run)?.bytes).toEqual(entryOf(2))
})

test('nothing is read while bytes are changed in place, also if that fails', async () => {
  const held = new HeldLog()
  const written = standstill()
  const changed = held.log.change(async () => {
    await written.promise
    throw new Error('disk')
  })
  const run = held.log.runOnDisk(START)
  await held.letReads()
  expect(held.reads).toBe(0)
  written.resolve()
  await expect(changed).rejects.toThrow('disk')
  await held.letReads()
  expect((await run)?.bytes).toEqual(entryOf(1))
})
