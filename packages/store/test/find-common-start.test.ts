import { encodeEntry, encodeHeaderPage, HEADER_PAGE_BYTES, type Header, PAGE_BYTES } from '@datastreamer/format'
import { systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import type { DiskFile } from '../src/disk/disk.ts'
import { START } from '../src/log/commit-point.ts'
import { endingOf } from '../src/log/ending.ts'
import { PageBuffers } from '../src/log/page-buffers.ts'
import { StreamLog } from '../src/log/stream-log.ts'
import { findCommonStart } from '../src/reader/find-common-start.ts'
import { FollowedLog } from '../src/reader/followed-log.ts'
import { PageTrail } from '../src/reader/page-trail.ts'

const FILE = '/data-stream.bin'

/** Entries with the given lengths of data, from number `first` on. */
function entriesOf(first: number, ...lengths: number[]): Uint8Array {
  return Buffer.concat(
    lengths.map((length, i) => encodeEntry({ type: 1, number: BigInt(first + i), data: new Uint8Array(length) })),
  )
}

/** A file that ends at `totalLength` for its header, and may hold more. */
function headerOf(totalLength: number, totalEntries: bigint): Header {
  return { generation: 3, version: 2, systemId: 0n, streamType: 1n, totalLength, totalEntries }
}

/** A file in memory, which may change after each read. */
function fileOf(bytes: Uint8Array, onRead: (position: number, bytes: number) => void = () => {}): DiskFile {
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const found = bytes.slice(position, position + into.length)
    into.set(found)
    onRead(position, into.length)
    return found.length
  }
  return { read, size: async () => bytes.length } as unknown as DiskFile
}

test('a common start ends after a whole entry, though the commit point was checked against another history', async () => {
  const entries = entriesOf(0, 100, 200, 300)
  const trail = new PageTrail()
  const next = { position: HEADER_PAGE_BYTES + entries.length, number: 3 }
  trail.add({ bytes: entries, position: HEADER_PAGE_BYTES, number: 0, next })
  const known = {
    base: START,
    point: headerOf(HEADER_PAGE_BYTES + entries.length, 3n),
    buffers: new PageBuffers(),
    trail,
  }
  const file = fileOf(Buffer.concat([new Uint8Array(HEADER_PAGE_BYTES), entries]))
  const { point, last } = await findCommonStart({ ...known, file }, headerOf(HEADER_PAGE_BYTES + 150, 1n))
  expect(point).toEqual({ totalLength: HEADER_PAGE_BYTES + 117, totalEntries: 1n })
  expect(last).toMatchObject({ firstNumber: 0, endNumber: 1 })
  expect(Buffer.compare(last?.bytes ?? new Uint8Array(), entries.subarray(0, 117))).toBe(0)
})

test('a log moves to what was checked only if the file still ends with it', async () => {
  const pages = 17
  const whole = Array.from({ length: pages }, (_, i) => entriesOf(i, PAGE_BYTES - 17))
  const totalLength = HEADER_PAGE_BYTES + pages * PAGE_BYTES
  const lastPage = totalLength - PAGE_BYTES
  const bytes = Buffer.concat([encodeHeaderPage(headerOf(totalLength, BigInt(pages))), ...whole])
  const file = fileOf(bytes, (position, length) => {
    if (position !== lastPage || length !== PAGE_BYTES) return
    // Truncated by one entry, and two written instead.
    bytes.set(entriesOf(pages - 1, PAGE_BYTES / 2 - 17, PAGE_BYTES / 2 - 17), lastPage)
    bytes.set(encodeHeaderPage(headerOf(totalLength, BigInt(pages + 1))))
  })
  const buffers = new PageBuffers()
  const log = new StreamLog({ file, path: FILE, header: headerOf(HEADER_PAGE_BYTES, 0n), buffers })
  const parts = { file, path: FILE, log, index: new MemoryIndex(), buffers, trail: new PageTrail() }
  const ending = endingOf(log.header, undefined)
  const followed = new FollowedLog({ ...parts, ending, clock: systemClock, grows: true, isPatient: () => true })
  expect(await followed.poll()).toBe(false)
  expect(log.header.totalEntries).toBe(0n)
  expect(await followed.poll()).toBe(true)
  expect(log.header.totalEntries).toBe(BigInt(pages + 1))
})
