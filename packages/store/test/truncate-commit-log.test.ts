import { crc32 } from 'node:zlib'
import { encodeHeaderPage, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../src/commit-log/commit-record.ts'
import { checksumAtTruncation, endOperation, truncateCommitLog } from '../src/commit-log/truncate-commit-log.ts'
import { readHeader } from '../src/log/header-page.ts'
import { WritableFile } from '../src/log/stream-file.ts'
import { spoilRecords } from './sample-records.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const FILE = '/stream.bin'
const PATH = '/stream.commits'
const BYTES = Uint8Array.from({ length: 100 }, (_, i) => 7 * i + 1)

function recordTo(end: number, totalEntries: bigint, from: number): CommitRecord {
  const checksum = storedChecksum(crc32(BYTES.subarray(from, end)))
  const flags = { endsOperation: true, isForeign: false, isDamaged: false }
  return { totalLength: HEADER_PAGE_BYTES + end, totalEntries, checksum, ...flags }
}

const FIRST = recordTo(40, 2n, 0)
const SECOND = recordTo(100, 5n, 40)
/** A point inside the second one. */
const INSIDE = { totalLength: HEADER_PAGE_BYTES + 60, totalEntries: 3n }
const AT_INSIDE = storedChecksum(crc32(BYTES.subarray(40, 60)))
const AT_FIRST = { totalLength: FIRST.totalLength, totalEntries: FIRST.totalEntries }

/** A file of 100 bytes behind its header, and its commit log. */
async function filesWith(records: readonly CommitRecord[]) {
  const disk = new SimDisk(randomFrom(1))
  const totals = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }
  const header = encodeHeaderPage({ generation: 3, version: 2, systemId: 0n, streamType: 1n, ...totals })
  disk.put(FILE, Buffer.concat([header, BYTES]))
  const file = await disk.open(FILE, 'write')
  const writable = new WritableFile(file, await readHeader(file, FILE, {}))
  const commitLog = await CommitLog.open(disk, PATH, 'create')
  await commitLog.append(records)
  const found = async () => {
    const all = await commitLog.records(0, 10)
    const again = await CommitLog.open(disk, PATH, 'read')
    expect(await again.records(0, 10)).toEqual(all)
    return all
  }
  const rot = (at: number): Promise<number> => file.write([Uint8Array.of(0xff)], HEADER_PAGE_BYTES + at)
  return { disk, writable, commitLog, found, rot }
}

test('the checksum at a truncation is that of the rest of the record that it ends in', async () => {
  const { writable, commitLog } = await filesWith([FIRST, SECOND])
  expect(await checksumAtTruncation(commitLog, writable, INSIDE)).toBe(AT_INSIDE)
})

test.each([50, 80])('it does not match the rest if byte %i of the record has rotted', async (at) => {
  const { writable, commitLog, rot } = await filesWith([FIRST, SECOND])
  await rot(at)
  const checksum = await checksumAtTruncation(commitLog, writable, INSIDE)
  const asFound = BYTES.slice(40, 60)
  if (at < 60) asFound[at - 40] = 0xff
  expect([0, storedChecksum(crc32(asFound)), AT_INSIDE]).not.toContain(checksum)
  expect(await checksumAtTruncation(commitLog, writable, INSIDE, true)).toBe(0)
})

test.each<[string, readonly CommitRecord[], (number | undefined)?]>([
  ['another program wrote what is removed', [FIRST, { ...SECOND, checksum: 0, isForeign: true }]],
  ['no record covers it', [FIRST]],
  ['the record that it ends in cannot be read', [FIRST, SECOND], 1],
  ['the one before it cannot be read', [FIRST, SECOND], 0],
])('it is unknown if %s', async (_, records, unreadable) => {
  const { disk, writable, commitLog } = await filesWith(records)
  if (unreadable !== undefined) await spoilRecords(disk, PATH, unreadable)
  const log = unreadable === undefined ? commitLog : await CommitLog.open(disk, PATH, 'read')
  expect(await checksumAtTruncation(log, writable, INSIDE)).toBe(0)
})

test('the rest of the record that it ends in is an operation of its own, and keeps its other flags', async () => {
  for (const flags of [{}, { isForeign: true }, { isDamaged: true }]) {
    const { commitLog, found } = await filesWith([FIRST, { ...SECOND, endsOperation: false, ...flags }])
    const left = { ...SECOND, ...INSIDE, checksum: 9, endsOperation: true, ...flags }
    // The second time is like a crash after all of it was done.
    for (let i = 0; i < 2; i++) {
      await truncateCommitLog(commitLog, INSIDE, 9)
      expect(await found()).toEqual([FIRST, left])
    }
  }
})

test.each([9, 0])('it is added with checksum %i if a crash came after the record was removed', async (checksum) => {
  const { commitLog, found } = await filesWith([FIRST])
  await truncateCommitLog(commitLog, INSIDE, checksum)
  const added = { ...SECOND, ...INSIDE, checksum, isForeign: checksum === 0 }
  expect(commitLog.last).toEqual(added)
  expect(await found()).toEqual([FIRST, added])
})

test.each([true, false])(
  'a truncation between two records adds none, whether an operation ended there: %s',
  async (ended) => {
    const { commitLog, found } = await filesWith([{ ...FIRST, endsOperation: ended }, SECOND])
    await truncateCommitLog(commitLog, AT_FIRST, 9)
    expect(await found()).toEqual([FIRST])
  },
)

test('a record that cannot be read is kept if it may cover the end of a truncation, and removed otherwise', async () => {
  for (const [point, left] of [
    [INSIDE, [FIRST, undefined, { ...SECOND, ...INSIDE, checksum: 0, isForeign: true }]],
    [AT_FIRST, [FIRST]],
  ] as const) {
    const { disk } = await filesWith([FIRST, SECOND])
    await spoilRecords(disk, PATH, 1)
    const commitLog = await CommitLog.open(disk, PATH, 'write')
    await truncateCommitLog(commitLog, point, 0)
    expect(await commitLog.records(0, 10)).toEqual(left)
    expect(await (await CommitLog.open(disk, PATH, 'read')).records(0, 10)).toEqual(left)
  }
})

test('an operation ends where the commit log does, if that is not empty', async () => {
  const { commitLog, found } = await filesWith([FIRST, { ...SECOND, endsOperation: false }])
  for (let i = 0; i < 2; i++) {
    await endOperation(commitLog)
    expect(await found()).toEqual([FIRST, SECOND])
  }
  await commitLog.truncateTo(0)
  await endOperation(commitLog)
  expect(await found()).toEqual([])
})
