import { encodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import type { DiskFile } from '../src/disk/disk.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { StreamLog } from '../src/log/stream-log.ts'
import { standstill } from './gated-disk.ts'

const START = { position: HEADER_PAGE_BYTES, number: 0 }
const EMPTY = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }

/** A log of one entry on a disk whose reads copy bytes when they begin and return when they are released. */
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

  /** Release the waiting reads, and those that follow, until nothing waits. */
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

test('an entry that was read while another replaced it is read again', async () => {
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

test('nothing is read while bytes are changed in place, even if that fails', async () => {
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

/** The log of a file whose reads a test may delay. */
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
  return new Uint8Array(Buffer.concat([new Uint8Array(HEADER_PAGE_BYTES), ...entries]))
}

test('an entry in a page that is truncated during the search is not found', async () => {
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

test('damage that was found while the log was truncated does not count', async () => {
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

test('a rewrite by another program is not damage once it is noticed', async () => {
  const file = fileOf(100, 200, 300)
  file.fill(9, HEADER_PAGE_BYTES + 117)
  const log = logOf(file, 3n, new PageBuffers(), async () => undefined)
  log.confirmReads(async () => log.truncate({ totalLength: fileOf(100).length, totalEntries: 1n }))
  expect(await log.entry(2n)).toBeUndefined()
})

test.each([
  ['that was truncated', { position: HEADER_PAGE_BYTES + 400, number: 2 }],
  ['inside an entry that was committed over it', { position: HEADER_PAGE_BYTES + 50, number: 1 }],
  ['where an entry of another number begins', { position: HEADER_PAGE_BYTES + 117, number: 2 }],
  ['too near to the end for an entry', { position: HEADER_PAGE_BYTES + 333, number: 1 }],
  ['at the end', { position: HEADER_PAGE_BYTES + 334, number: 2 }],
  ['in a page that is not committed', { position: HEADER_PAGE_BYTES + PAGE_BYTES + 9, number: 2 }],
])('nothing is in memory at a position %s', (_, at) => {
  const file = fileOf(100, 200)
  const buffers = new PageBuffers()
  buffers.restart(file.length, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: file.subarray(HEADER_PAGE_BYTES) })
  buffers.closeLast(file.length)
  buffers.open(HEADER_PAGE_BYTES + PAGE_BYTES, 2)
  const log = logOf(file, 2n, buffers, async () => undefined)
  expect(log.runInMemory(at)).toBeUndefined()
  expect(log.runInMemory({ position: HEADER_PAGE_BYTES + 117, number: 1 })?.bytes).toHaveLength(217)
})

/** The log of three entries of 117, 217 and 317 bytes. */
function logOfThree(buffers: PageBuffers = new PageBuffers()): StreamLog {
  return logOf(fileOf(100, 200, 300), 3n, buffers, async () => undefined)
}

/** The position after a number of them. */
const after = (entries: 0 | 1 | 2 | 3) => ({
  totalLength: HEADER_PAGE_BYTES + ([0, 117, 334, 651][entries] as number),
  totalEntries: BigInt(entries),
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('every entry is located, and so is the end; numbers past it are refused', async () => {
  const log = logOfThree()
  for (const number of [0, 1, 2, 3] as const) {
    expect(await log.locate(number)).toEqual({ position: after(number).totalLength, number })
  }
  for (const number of [-1, 4]) await expect(log.locate(number)).rejects.toThrow(RangeError)
  for (const number of [-1n, 3n, 4n]) expect(await log.entry(number)).toBeUndefined()
})

test('listeners are notified of commits once a turn, of truncations at once, until they stop', async () => {
  const log = logOfThree()
  const heard: string[] = []
  const stop = log.listen({
    onCommit: () => heard.push('commit'),
    onTruncate: ({ totalEntries }) => heard.push(`truncate ${totalEntries}`),
  })
  log.truncate(after(1))
  expect(heard.splice(0)).toEqual(['truncate 1'])
  for (const commits of [1, 2]) {
    for (let i = 0; i < commits; i++) log.advance(after(2))
    expect(heard).toEqual([])
    await turn()
    expect(heard.splice(0)).toEqual(['commit'])
  }
  stop()
  log.advance(after(3))
  log.truncate(after(0))
  await turn()
  expect(heard).toEqual([])
})

test('moving to the commit point of a recovery: back counts as a truncation', async () => {
  const log = logOfThree()
  const heard: string[] = []
  log.listen({ onCommit: () => heard.push('commit'), onTruncate: () => heard.push('truncate') })
  for (const [entries, expected] of [
    [3, 'commit'],
    [1, 'truncate'],
    [2, 'commit'],
  ] as const) {
    log.moveTo(after(entries))
    await turn()
    expect(log.header).toMatchObject(after(entries))
    expect(heard.splice(0)).toEqual([expected])
  }
})

test('known damage is read neither from memory nor from the file', async () => {
  const file = fileOf(100, 200, 300)
  const buffers = new PageBuffers()
  buffers.restart(file.length, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: file.subarray(HEADER_PAGE_BYTES) })
  for (const log of [logOfThree(), logOfThree(buffers)]) {
    const damaged = { from: after(1), to: after(2) }
    log.damages.add(damaged)
    const at = (entries: 0 | 1 | 2) => ({ position: after(entries).totalLength, number: entries })
    expect(log.runInMemory(at(0))).toBeUndefined()
    expect(log.runInMemory(at(1))).toBeUndefined()
    expect((await log.runOnDisk(at(0)))?.bytes).toHaveLength(117)
    await expect(log.runOnDisk(at(1))).rejects.toMatchObject({ code: 'BAD_CHECKSUM', range: damaged })
    expect((await log.runOnDisk(at(2)))?.bytes).toHaveLength(317)
    expect((await log.runAsFound(at(0)))?.bytes).toHaveLength(651)
    expect((await log.entry(0n))?.number).toBe(0n)
    await expect(log.entry(1n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
    expect((await log.entry(2n))?.number).toBe(2n)
    const both = { from: after(1), to: after(3) }
    log.damages.add(both)
    await expect(log.runOnDisk(at(2))).rejects.toMatchObject({ code: 'BAD_CHECKSUM', range: both })
  }
})

test('a truncation forgets the damage after it, and no other', () => {
  const log = logOfThree()
  log.damages.add({ from: after(0), to: after(1) })
  log.damages.add({ from: after(2), to: after(3) })
  log.truncate(after(2))
  expect(log.damages.all).toEqual([{ from: after(0), to: after(1) }])
})

test('padding before known damage leads to it', async () => {
  const second = HEADER_PAGE_BYTES + PAGE_BYTES
  const file = new Uint8Array(second + 50)
  file.set(fileOf(100))
  file.set(encodeEntry({ type: 1, number: 1n, data: new Uint8Array(33) }), second)
  const log = logOf(file, 2n, new PageBuffers(), async () => undefined)
  const range = { from: { totalLength: second, totalEntries: 1n }, to: { totalLength: second + 50, totalEntries: 2n } }
  const padding = { position: after(1).totalLength, number: 1 }
  expect((await log.runOnDisk(padding))?.bytes).toHaveLength(50)
  log.damages.add(range)
  await expect(log.runOnDisk(padding)).rejects.toMatchObject({ code: 'BAD_CHECKSUM', range })
  const broken = new Error('EIO')
  const failing = logOf(file, 2n, new PageBuffers(), () => Promise.reject(broken))
  failing.damages.add(range)
  await expect(failing.runOnDisk(padding)).rejects.toBe(broken)
})

test('unknown damage is reported as it is found, also before known damage', async () => {
  const file = fileOf(100, 200, 300)
  file[HEADER_PAGE_BYTES] = 9
  const log = logOf(file, 3n, new PageBuffers(), async () => undefined)
  await expect(log.runOnDisk(START)).rejects.toMatchObject({ code: 'BAD_PACKET' })
  log.damages.add({ from: after(2), to: after(3) })
  await expect(log.runOnDisk(START)).rejects.toMatchObject({ position: HEADER_PAGE_BYTES })
})

test('a position that was found while the log was truncated is not remembered', async () => {
  const file = fileOf(100, 60_000, 60_000, 60_000, 100)
  const others = fileOf(100, 50_000, 50_000, 50_000, 30_100)
  let reads = 0
  const log = logOf(file, 5n, new PageBuffers(), async () => {
    // The first is of the page's first entry, the second of those on the way.
    if (++reads !== 2) return
    log.truncate(after(1))
    file.set(others)
    log.advance({ totalLength: others.length, totalEntries: 5n })
  })
  expect((await log.entry(4n))?.data).toHaveLength(30_100)
})

test('a commit point that goes the wrong way is refused, and nothing has changed', () => {
  const log = logOfThree()
  log.truncate(after(2))
  const broken = expect.objectContaining({ name: 'InternalError' })
  expect(() => log.advance(after(1))).toThrow(broken)
  expect(() => log.advance({ ...after(2), totalEntries: 1n })).toThrow(broken)
  expect(() => log.truncate(after(3))).toThrow(broken)
  expect(() => log.truncate({ ...after(1), totalEntries: 3n })).toThrow(broken)
  expect(log.header).toMatchObject(after(2))
  expect(log.truncations.count).toBe(1)
})

test('a recovery moves the commit point from where a torn header said', () => {
  for (const point of [
    { totalLength: after(1).totalLength, totalEntries: 2n },
    { totalLength: after(3).totalLength, totalEntries: 1n },
  ]) {
    const log = logOf(fileOf(100, 200), 2n, new PageBuffers(), async () => undefined)
    log.moveTo(point)
    expect(log.header).toMatchObject(point)
    expect(log.truncations.count).toBe(1)
  }
})
