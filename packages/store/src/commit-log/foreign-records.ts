import { ENTRY_HEAD_BYTES, PacketType, pageOf, pageStart, viewOf } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { CommitRecord } from './commit-record.ts'

/** Number of pages whose first entries are read concurrently. */
const CONCURRENT_READS = 16

/**
 * The records for what another program committed between two points, one for each page, without checksums. Reads the head
 * of the first entry in each page. docs/spec/commit-log.md §3.
 */
export async function foreignRecords(file: DiskFile, from: CommitPoint, to: CommitPoint): Promise<CommitRecord[]> {
  const records: CommitRecord[] = []
  const lastPage = pageOf(to.totalLength - 1)
  for (let page = pageOf(from.totalLength) + 1; page <= lastPage; page += CONCURRENT_READS) {
    const pages = Array.from({ length: Math.min(CONCURRENT_READS, lastPage - page + 1) }, (_, i) => page + i)
    for (const point of await Promise.all(pages.map((each) => startOf(file, each)))) {
      const before = records.at(-1) ?? from
      // A page that does not open with an entry is damaged: it shares a record with its predecessor.
      if (point === undefined || point.totalEntries < before.totalEntries) continue
      if (point.totalEntries > to.totalEntries) continue
      records.push(foreignRecord(point, false))
    }
  }
  return [...records, foreignRecord(to, true)]
}

/** A record of bytes whose checksum is unknown. */
export function foreignRecord({ totalLength, totalEntries }: CommitPoint, endsOperation: boolean): CommitRecord {
  return { totalLength, totalEntries, checksum: 0, endsOperation, isForeign: true, isDamaged: false }
}

/** Start of a page, and the number of its first entry. */
async function startOf(file: DiskFile, page: number): Promise<CommitPoint | undefined> {
  const head = new Uint8Array(ENTRY_HEAD_BYTES)
  const position = pageStart(page)
  if ((await file.read(head, position)) < head.length || head[0] !== PacketType.entry) return undefined
  return { totalLength: position, totalEntries: viewOf(head).getBigUint64(9) }
}
