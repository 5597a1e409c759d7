import { crc32 } from 'node:zlib'
import { FormatError, viewOf, walkRun } from '@datastreamer/format'
import { readExactly, writeAll } from '../disk/disk.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import type { Checkpoint } from './checkpoint.ts'
import { checksumOfFile } from './checksum-of-file.ts'
import { type CommitRecord, storedChecksum } from './commit-record.ts'
import { placedRecords } from './placed-records.ts'
import { endsThere, type RecoveryInput } from './recovery.ts'

/** A commit that nobody may have made durable. */
interface UnsyncedCommit {
  readonly index: number
  /** Where its bytes begin, or those of records before it that cannot be read. */
  readonly from: CommitPoint
  readonly record: CommitRecord
  /** Whether the checksum of all bytes from there is known. */
  readonly isCovered: boolean
}

/**
 * Whether a sync that failed has lost entries of commits that nobody had made durable, though the process died and not the
 * machine: what Linux could not write it takes for written, and forgets. docs/spec/commit-log.md §4.
 */
export async function hasLost(input: RecoveryInput, end: CommitPoint): Promise<boolean> {
  const { commitLog, writable } = input
  const { checkpoint } = commitLog
  if (checkpoint?.open !== true || checkpoint.everyCommitDurable) return false
  for await (const commit of unsyncedCommits(input, checkpoint, end)) {
    const { from, record } = commit
    const checksum = await checksumOfFile(writable, from.totalLength, record.totalLength)
    if (!(await isAsCommitted(input, commit, checksum)) && !(await hasWholeEntries(input, commit))) return true
  }
  return false
}

/**
 * Write what no commit may have made durable again, and mark what is not as it was committed: it has rotted, or is old. What
 * is compared is what is written, for what was read before may be forgotten by now.
 */
export async function writeCommitsAgain(input: RecoveryInput, from: Checkpoint, end: CommitPoint): Promise<void> {
  let written = from.totalLength
  for await (const commit of unsyncedCommits(input, from, end)) {
    const { index, record } = commit
    const checksum = storedChecksum(await writeBytesAgain(input, commit.from.totalLength, record.totalLength))
    written = record.totalLength
    if (record.isDamaged || (await isAsCommitted(input, commit, checksum))) continue
    await input.commitLog.revise(index, { ...record, isDamaged: true })
  }
  await writeBytesAgain(input, written, end.totalLength)
}

/** @returns the CRC-32 of what was written */
async function writeBytesAgain({ writable }: RecoveryInput, from: number, to: number): Promise<number> {
  let crc = 0
  let position = from
  for await (const piece of writable.pieces(from, to)) {
    await writeAll(writable.file, [piece], position)
    crc = crc32(piece, crc)
    position += piece.length
  }
  return crc
}

async function* unsyncedCommits(
  { commitLog }: RecoveryInput,
  checkpoint: Checkpoint,
  end: CommitPoint,
): AsyncGenerator<UnsyncedCommit, void, void> {
  // Not the checkpoint itself: where a truncation was about to be made, it stands inside what a record covers.
  const last = await commitLog.lastUpTo(checkpoint)
  const start = (await commitLog.record(last)) ?? START
  for await (const placed of placedRecords(commitLog, { index: last + 1, from: start })) {
    const isCovered = placed.record !== undefined
    const record = isCovered ? placed.record : placed.last
    if (record === undefined || record.totalLength > end.totalLength) return
    yield { index: isCovered ? placed.index : placed.next - 1, from: placed.from, record, isCovered }
  }
}

/** Of what cannot be compared only the end can be checked. */
async function isAsCommitted(
  input: RecoveryInput,
  { record, isCovered }: UnsyncedCommit,
  checksum: number,
): Promise<boolean> {
  return isCovered && record.checksum !== 0 ? record.checksum === checksum : endsThere(input, record)
}

/** Whether the entries of a record follow each other, whatever they hold. */
async function hasWholeEntries({ writable }: RecoveryInput, { from: start, record }: UnsyncedCommit): Promise<boolean> {
  const { totalLength: from, totalEntries: first } = start
  const bytes = await readExactly(writable.file, from, record.totalLength - from)
  try {
    const { count, stop } = walkRun(viewOf(bytes), 0, bytes.length, first)
    return stop !== 'cut' && first + BigInt(count) === record.totalEntries
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}
