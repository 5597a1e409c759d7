import { HEADER_PAGE_BYTES, type Header } from '@datastreamer/format'
import type { Checkpoint } from '../commit-log/checkpoint.ts'
import { checksumOfFile } from '../commit-log/checksum-of-file.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import type { CommitRecord } from '../commit-log/commit-record.ts'
import { cutCommitLog, endOperation } from '../commit-log/cut-commit-log.ts'
import { foreignRecord, foreignRecords } from '../commit-log/foreign-records.ts'
import { type Disk, writeAll } from '../disk/disk.ts'
import { type CommitPoint, pointOf, START, samePoint } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { readEnd } from '../log/read-end.ts'
import type { WritableFile } from '../log/stream-file.ts'
import type { StoreEvent } from '../write/events.ts'
import { hasLost, markDamaged } from './unsynced-commits.ts'

export interface RecoveryInput {
  readonly disk: Disk
  readonly path: string
  readonly writable: WritableFile
  readonly header: Header
  readonly commitLog: CommitLog
  readonly onEvent: (event: StoreEvent) => void
}

/** Where the log ends. */
export interface RecoveredEnd {
  readonly point: CommitPoint
  /** Where another program began to write, if one did since the store was last open. */
  readonly takenOverFrom: CommitPoint | undefined
}

/**
 * Find where the log ends after whatever happened to the file: a clean close, a crash of the process or the machine, or
 * another program that wrote it. Afterwards header and commit log agree, but for what is to be noted by
 * {@link noteTakeOver}. docs/spec/commit-log.md §4.
 *
 * @throws {DamageError} if the header does not fit the entries and no commit log tells what does
 */
export async function recoverEnd(input: RecoveryInput): Promise<RecoveredEnd> {
  const { path, header, onEvent, writable, commitLog } = input
  const { checkpoint } = commitLog
  const found = pointOf(header)
  if (checkpoint?.open === true) await writeAgain(input, checkpoint)
  const { point, reason } = await decide(input, found)
  if (!samePoint(point, found)) {
    await writable.writeHeader(point)
    await writable.file.sync()
    onEvent({ event: 'recovered', file: path, from: found, to: point, reason })
  }
  if (checkpoint?.truncating === true && samePoint(point, checkpoint)) {
    await cutCommitLog(commitLog, point, checkpoint.cutChecksum ?? 0)
  }
  const takenOverFrom = await reconcile(input, point)
  if (checkpoint?.open === true) {
    await markDamaged(input, point)
    await writable.writeHeader(point)
  }
  return { point, takenOverFrom }
}

/** Find where the log ends as {@link recoverEnd} does, but write nothing. @throws as that */
export async function findEnd(input: RecoveryInput): Promise<CommitPoint> {
  const { totalLength, totalEntries } = input.header
  return (await decide(input, { totalLength, totalEntries })).point
}

/** Add what another program wrote to the commit log, from where that ends. */
export async function noteTakeOver(
  { commitLog, path, writable, onEvent }: Pick<RecoveryInput, 'commitLog' | 'path' | 'writable' | 'onEvent'>,
  from: CommitPoint,
  point: CommitPoint,
): Promise<void> {
  if (commitLog.count > 0 && commitLog.last === undefined) {
    // What cannot be read there may be ours.
    await commitLog.append([foreignRecord(point, true)])
    return
  }
  await commitLog.append(await foreignRecords(writable.file, from, point))
  onEvent({ event: 'taken-over', file: path, from, to: point })
}

/**
 * Write again what the disk may not have although the machine believes so: after a sync that failed, Linux takes what it
 * could not write for written, and forgets it when memory is short. From now on it is what it is: nothing that is checked
 * becomes another before it is durable.
 */
async function writeAgain({ writable, commitLog, header }: RecoveryInput, from: Checkpoint): Promise<void> {
  // A truncation writes the record of its checkpoint behind that.
  await commitLog.writeAgain(Math.max(0, await commitLog.lastUpTo(from)))
  if (from.everyCommitDurable) return
  const size = await writable.file.size()
  const end = Math.min(size, Math.max(header.totalLength, commitLog.last?.totalLength ?? 0))
  let position = from.totalLength
  for await (const piece of writable.pieces(position, end)) {
    await writeAll(writable.file, [piece], position)
    position += piece.length
  }
}

async function decide(input: RecoveryInput, found: CommitPoint): Promise<{ point: CommitPoint; reason: string }> {
  const { disk, commitLog } = input
  const { checkpoint } = commitLog
  const damage = await damageAt(input, found)
  const bootId = await disk.bootId()
  const intact = checkpoint === undefined || !checkpoint.open || (bootId !== '' && checkpoint.bootId === bootId)
  if (intact && damage === undefined && !(await hasLost(input, found))) return { point: found, reason: 'intact' }
  if (checkpoint === undefined) throw damage
  if (checkpoint.truncating === true) {
    if (damage === undefined) return { point: found, reason: 'a truncation that was begun or done' }
    // Nobody was told that it is done, unless the checkpoint behind it has rotted: then commits lie behind the cut.
    return { point: await checked(input, (await endsFrom(input, checkpoint)).last), reason: damage.message }
  }
  const { points, last } = await endsFrom(input, checkpoint)
  if (points.some((point) => samePoint(point, found))) {
    if (damage !== undefined) throw damage
    return { point: found, reason: 'a commit' }
  }
  // Ours would name a whole commit: what it counts was durable before it was written.
  const mustBeWhole = checkpoint.everyCommitDurable || found.totalEntries < checkpoint.totalEntries
  if (damage === undefined && mustBeWhole) return { point: found, reason: 'written by another program' }
  return { point: await checked(input, last), reason: damage?.message ?? 'the header is ahead of the whole commits' }
}

/** A point that the log can end at. @throws {DamageError} if it cannot */
async function checked({ writable, path }: RecoveryInput, point: CommitPoint): Promise<CommitPoint> {
  const { totalLength, totalEntries } = point
  await readEnd(writable.file, path, point)
  return { totalLength, totalEntries }
}

async function damageAt({ writable, path }: RecoveryInput, point: CommitPoint): Promise<DamageError | undefined> {
  try {
    await readEnd(writable.file, path, point)
    return undefined
  } catch (error) {
    if (error instanceof DamageError) return error
    throw error
  }
}

/** Where the log may end. */
interface Ends {
  /** The checkpoint and the ends of operations behind it. */
  readonly points: readonly CommitPoint[]
  /** The last of them whose bytes are whole. */
  readonly last: CommitPoint
}

/**
 * The commits behind the checkpoint, up to the first that is not whole. If every commit was durable before the header, those
 * behind it too: either the header does not count them, or it has rotted.
 */
async function endsFrom(input: RecoveryInput, from: Checkpoint): Promise<Ends> {
  const { writable, commitLog } = input
  const size = await writable.file.size()
  let last = pointOf(from)
  const points = [last]
  let length = from.totalLength
  // Unknown behind a record that cannot be read.
  let before: CommitPoint | undefined = last
  for (let index = (await commitLog.lastUpTo(from)) + 1; index < commitLog.count; index++) {
    const record = await commitLog.record(index)
    if (record === undefined) {
      if (!from.everyCommitDurable) break
      before = undefined
      continue
    }
    if (record.totalLength < length || record.totalLength > size) break
    if (record.totalLength === length) continue
    const fits = await isWhole(input, record, before)
    if (!fits && !from.everyCommitDurable) break
    const point = pointOf(record)
    length = point.totalLength
    before = point
    if (!record.endsOperation) continue
    points.push(point)
    if (fits) last = point
  }
  return { points, last }
}

/**
 * Whether the bytes of a record are those that were committed.
 *
 * What another program wrote was made durable before anything was written behind it; only its end can be checked, as where
 * it is not known where the record begins.
 */
export async function isWhole(
  input: RecoveryInput,
  record: CommitRecord,
  before: CommitPoint | undefined,
): Promise<boolean> {
  if (record.checksum === 0 || before === undefined) return (await damageAt(input, record)) === undefined
  return record.checksum === (await checksumOfFile(input.writable, before.totalLength, record.totalLength))
}

/**
 * Make the commit log end at `point`: records beyond it, or of bytes that another program wrote over, go.
 *
 * @returns where what is left of it ended, if another program wrote behind that, or nobody knows
 */
async function reconcile(input: RecoveryInput, point: CommitPoint): Promise<CommitPoint | undefined> {
  const { commitLog } = input
  const kept = await commitLog.keptAt(point)
  let { count, end } = kept
  // A store that died may have left a record whose header was not written. One that was closed has not: there a program
  // has cut the file and gone on, and what it wrote may end where one of our commits did.
  const mayBeForeign = count < commitLog.count && commitLog.checkpoint?.open !== true
  const hasRotten = !kept.isKnown && isClosedAt(commitLog, point)
  if ((!samePoint(end, point) && !hasRotten) || mayBeForeign) {
    const whole = count - (kept.isKnown ? 0 : 1)
    const stillOurs = await countStillOurs(input, whole, point, kept.isKnown)
    if (stillOurs < whole) {
      count = stillOurs
      end = (await commitLog.record(count - 1)) ?? START
    }
  }
  if (count < commitLog.count) await commitLog.cutTo(count)
  if (!samePoint(end, point)) return end
  await endOperation(commitLog)
  return undefined
}

/**
 * How many of the first `count` records, which end with a whole one, speak of what is ours; the last of those is whole.
 *
 * @param isLast whether none that cannot be read follows, with which an operation may end
 */
async function countStillOurs(
  input: RecoveryInput,
  count: number,
  point: CommitPoint,
  isLast: boolean,
): Promise<number> {
  let ours = count
  for (let at = count; at > 0; at--) {
    const isTrue = await stillTrue(input, at - 1, point, isLast)
    if (isTrue === true) break
    // What nobody can tell is as what stands before it.
    if (isTrue === false) ours = at - 1
  }
  if (ours === count && !isLast) return ours
  // Of an operation of ours whose end is gone, nothing is known but that another program wrote that.
  while (ours > 0 && !(await canBeLast(input, ours - 1, point))) ours--
  return ours
}

/** Whether a store was closed there: what does not fit has rotted, and is of no other program. */
function isClosedAt({ checkpoint }: CommitLog, point: CommitPoint): boolean {
  return checkpoint?.open === false && samePoint(checkpoint, point)
}

async function canBeLast({ commitLog }: RecoveryInput, index: number, point: CommitPoint): Promise<boolean> {
  const record = await commitLog.record(index)
  return record !== undefined && (record.endsOperation || record.isForeign || samePoint(record, point))
}

/**
 * Whether the bytes of a record are what was committed; `undefined` if it, or where it begins, cannot be read, or it has no
 * checksum and what ended the log after it cannot.
 */
async function stillTrue(
  input: RecoveryInput,
  index: number,
  point: CommitPoint,
  isLast: boolean,
): Promise<boolean | undefined> {
  const { commitLog, writable } = input
  const record = await commitLog.record(index)
  if (record === undefined) return undefined
  if (record.checksum === 0 && (isLast || samePoint(record, point))) return samePoint(record, point)
  if (record.isDamaged) return true
  const from = index > 0 ? (await commitLog.record(index - 1))?.totalLength : HEADER_PAGE_BYTES
  if (from === undefined || record.checksum === 0)
    return (await damageAt(input, record)) === undefined ? undefined : false
  return from <= record.totalLength && record.checksum === (await checksumOfFile(writable, from, record.totalLength))
}
