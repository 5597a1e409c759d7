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

/** The log of a file whose reads a test may hold up. */
function logOf(file: Uint8Array, totalEntries: bigint, buffers: PageBuffers, onRead: () => Promise<void>): StreamLog {
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const bytes = file.slice(position, position + into.length)
    await onRead()
    into.set(bytes)
    return bytes.length
  }
  const header = {
    generation: 3,
    version: 2,
    systemId: 0n,
    streamType: 1n,
    totalLength: file.length,
    totalEntries,
  } as const
  return new StreamLog({ file: { read } as unknown as DiskFile, path: '/stream.bin', header, buffers })
}

/** A file with entries of so many bytes of data. */
function fileOf(...lengths: number[]): Uint8Array {
  const entries = lengths.map((length, i) => encodeEntry({ type: 1, number: BigInt(i), data: new Uint8Array(length) }))
  return Buffer.concat([new Uint8Array(HEADER_PAGE_BYTES), ...entries])
}

test('an entry that is looked for in a page that is truncated meanwhile is not there', async () => {
  const file = fileOf(100, 60_000, 60_000, 10)
  const buffers = new PageBuffers()
  let isTruncated = false
  const log = logOf(file, 4n, buffers, async () => {
    if (isTruncated) return
    isTruncated = true
    const kept = fileOf(100)
    log.truncate({ totalLength: kept.length, totalEntries: 1n })
    buffers.restart(kept.length, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: kept.subarray(HEADER_PAGE_BYTES) })
  })
  expect(await log.entry(3n)).toBeUndefined()
  await expect(log.locate(3)).rejects.toThrow(RangeError)
})

test('damage that was met while the log was truncated is none', async () => {
  const file = fileOf(100, 200, 300)
  file.fill(9, HEADER_PAGE_BYTES + 117)
  let isTruncated = false
  const log = logOf(file, 3n, new PageBuffers(), async () => {
    if (isTruncated) return
    isTruncated = true
    log.truncate({ totalLength: fileOf(100).length, totalEntries: 1n })
  })
  expect(await log.entry(2n)).toBeUndefined()
})

test('a history that another program wrote over the one that was known is no damage once that is found out', async () => {
  const file = fileOf(100, 200, 300)
  file.fill(9, HEADER_PAGE_BYTES + 117)
  const log = logOf(file, 3n, new PageBuffers(), async () => undefined)
  log.confirmReads(async () => log.truncate({ totalLength: fileOf(100).length, totalEntries: 1n }))
  expect(await log.entry(2n)).toBeUndefined()
})

test.each([
  ['that was cut off', { position: HEADER_PAGE_BYTES + 400, number: 2 }],
  ['inside an entry that was committed over it', { position: HEADER_PAGE_BYTES + 50, number: 1 }],
  ['where an entry of another number begins', { position: HEADER_PAGE_BYTES + 117, number: 2 }],
  ['too near to the end for an entry', { position: HEADER_PAGE_BYTES + 333, number: 1 }],
  ['at the end', { position: HEADER_PAGE_BYTES + 334, number: 2 }],
  ['in a page that is not committed', { position: HEADER_PAGE_BYTES + PAGE_BYTES + 9, number: 2 }],
])('nothing is in memory at a place %s', (_, place) => {
  const file = fileOf(100, 200)
  const buffers = new PageBuffers()
  buffers.restart(file.length, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: file.subarray(HEADER_PAGE_BYTES) })
  buffers.open(HEADER_PAGE_BYTES + PAGE_BYTES, 2)
  const log = logOf(file, 2n, buffers, async () => undefined)
  expect(log.runInMemory(place)).toBeUndefined()
  expect(log.runInMemory({ position: HEADER_PAGE_BYTES + 117, number: 1 })?.bytes).toHaveLength(217)
})
