import type { CommitLog } from '../src/commit-log/commit-log.ts'
import { type CommitRecord, RECORD_BYTES } from '../src/commit-log/commit-record.ts'
import type { SimDisk } from './sim/sim-disk.ts'

/** A record of two entries and 20 bytes; every fourth ends an operation. */
export const recordOf = (index: number): CommitRecord => ({
  totalLength: 4096 + 20 * (index + 1),
  totalEntries: BigInt(2 * (index + 1)),
  checksum: index + 1,
  endsOperation: index % 4 === 3,
  isForeign: false,
  isDamaged: false,
})

/** The first records. */
export function firstRecords(count: number): CommitRecord[] {
  return Array.from({ length: count }, (_, index) => recordOf(index))
}

/** The checkpoint of a log of a number of entries. */
export function checkpointAt(totalEntries: bigint): Parameters<CommitLog['writeCheckpoint']>[0] {
  const flags = { open: true, everyCommitDurable: true, truncating: false, bootId: '' }
  return { totalLength: 4096, totalEntries, indexedEntries: totalEntries, ...flags }
}

/** Make records unreadable. */
export async function spoilRecords(disk: SimDisk, path: string, from: number, to = from): Promise<void> {
  const bytes = new Uint8Array((to + 1 - from) * RECORD_BYTES).fill(0xee)
  await (await disk.open(path, 'write')).write([bytes], 4096 + from * RECORD_BYTES)
}
