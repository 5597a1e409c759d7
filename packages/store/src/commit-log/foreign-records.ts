import { ENTRY_HEAD_BYTES, PacketType, pageOf, pageStart, viewOf } from '@datastreamer/format'
import type { DiskFile } from '../disk/disk.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { CommitRecord } from './commit-record.ts'

/** Pages whose first entries are looked at side by side. */
const SIDE_BY_SIDE = 16

/**
 * The records for what another program committed between two points, one for each page; nothing is known of the bytes
 * yet. Reads the head of one entry in each page. docs/spec/commit-log.md §3.
 */
export async function foreignRecords(file: DiskFile, from: CommitPoint, to: CommitPoint): Promise<CommitRecord[]> {
  const records: CommitRecord[] = []
  const lastPage = pageOf(to.totalLength - 1)
  for (let page = pageOf(from.totalLength) + 1; page <= lastPage; page += SIDE_BY_SIDE) {
    const pages = Array.from({ length: Math.min(SIDE_BY_SIDE, lastPage - page + 1) }, (_, i) => page + i)
    for (const point of await Promise.all(pages.map((each) => startOf(file, each)))) {
      const before = records.at(-1) ?? from
      // A page that does not open with an entry is damaged: it shares a record with the one before.
      if (point === undefined || point.totalEntries < before.totalEntries) continue
      if (point.totalEntries > to.totalEntries) continue
      records.push(foreignRecord(point, false))
    }
  }
  return [...records, foreignRecord(to, true)]
}

/** A record of bytes of which no checksum is known. */
export function foreignRecord({ totalLength, totalEntries }: CommitPoint, endsOperation: boolean): CommitRecord {
  return { totalLength, totalEntries, checksum: 0, endsOperation, isForeign: true, isDamaged: false }
}

/** Where a page begins, and with which entry. */
async function startOf(file: DiskFile, page: number): Promise<CommitPoint | undefined> {
  const head = new Uint8Array(ENTRY_HEAD_BYTES)
  const position = pageStart(page)
  if ((await file.read(head, position)) < head.length || head[0] !== PacketType.entry) return undefined
  return { totalLength: position, totalEntries: viewOf(head).getBigUint64(9) }
}
