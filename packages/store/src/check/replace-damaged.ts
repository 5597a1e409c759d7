import { crc32 } from 'node:zlib'
import { bytesLeftInPage, ENTRY_HEAD_BYTES, type EntrySource, encodeEntry, PAGE_BYTES } from '@datastreamer/format'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { type CommitRecord, storedChecksum } from '../commit-log/commit-record.ts'
import { placedRecords } from '../commit-log/placed-records.ts'
import { readExactly, writeAll } from '../disk/disk.ts'
import { pointOf } from '../log/commit-point.ts'
import { DamagedRanges } from '../log/damaged-ranges.ts'
import { type EntryRange, rangeText } from '../log/entry-range.ts'
import { WritableFile } from '../log/stream-file.ts'
import { coverUnreadable } from './cover-unreadable.ts'
import { entriesBetween } from './entries-between.ts'
import { RecoveryError } from './errors.ts'
import { keepCopy } from './kept-copy.ts'
import { asPlanned, type OpenedFile, type RecoverOptions, rebuildIndex, withCommitLog } from './planned.ts'
import type { RecoveryPlan } from './recovery-plan.ts'

/** The result of replacing damaged bytes. */
export interface Replacement {
  /** Files with the header page followed by the bytes that were replaced. */
  readonly copies: readonly string[]
  /** Number of bytes that changed. */
  readonly changedBytes: number
  readonly bookmarks: number
}

/** Bytes that are replaced together. */
interface Unit {
  readonly range: EntryRange
  /** Their record in the commit log, if there is one. */
  readonly known?: { readonly index: number; readonly record: CommitRecord } | undefined
}

/** Most bytes to hold in memory, if there is no commit log to divide them. */
const MAX_UNIT_BYTES = 256 * PAGE_BYTES

/**
 * Replace damaged entries by those of an entry source, durably. They have to fill exactly the same bytes and, where the
 * commit log has a checksum, to match it; a copy of the old bytes is kept. A call that fails or is interrupted can be
 * repeated. Compare the surrounding entries first: {@link compareAround}.
 *
 * @throws {RecoveryError} `SOURCE_DIFFERS`, `FILE_CHANGED`
 * @throws {LockedError} if another store has the file open
 */
export async function replaceDamaged(
  plan: RecoveryPlan,
  source: EntrySource,
  options: RecoverOptions = {},
): Promise<Replacement> {
  return asPlanned(plan, options, async (opened) => {
    const done = await withCommitLog(opened, plan.file, (commitLog) => replaceAll(plan, source, opened, commitLog))
    const { copies, changedBytes } = done ?? (await replaceAll(plan, source, opened, undefined))
    return { copies, changedBytes, bookmarks: await rebuildIndex(opened, plan.file) }
  })
}

async function replaceAll(
  plan: RecoveryPlan,
  source: EntrySource,
  { disk, file, header, base }: OpenedFile,
  commitLog: CommitLog | undefined,
): Promise<Omit<Replacement, 'bookmarks'>> {
  const copies: string[] = []
  let changedBytes = 0
  for (const unit of await unitsOf(plan, commitLog)) {
    const { range, known } = unit
    const { totalLength: position } = range.from
    const bytes = await fetchUnit(unit, source)
    const found = await readExactly(file, position, bytes.length)
    const changed = bytes.reduce((count, byte, i) => (byte === found[i] ? count : count + 1), 0)
    if (changed > 0) {
      copies.push(await keepCopy({ name: `${plan.file}.replaced-at`, position, length: bytes.length }, disk, file))
      await writeAll(file, [bytes], position)
      await file.sync()
      changedBytes += changed
    }
    if (known === undefined) continue
    await commitLog?.revise(known.index, { ...known.record, checksum: storedChecksum(crc32(bytes)), isDamaged: false })
  }
  await commitLog?.sync()
  if (commitLog !== undefined) await coverUnreadable(commitLog, new WritableFile(file, header, base), header)
  return { copies, changedBytes }
}

/** The units to replace: the bytes of whole records of the commit log, and ranges that those do not cover. */
async function unitsOf({ damaged }: RecoveryPlan, commitLog: CommitLog | undefined): Promise<Unit[]> {
  const rest = new DamagedRanges()
  for (const range of damaged) rest.add(range)
  const units: Unit[] = []
  if (commitLog !== undefined) {
    for await (const { index, from, record } of placedRecords(commitLog)) {
      if (record === undefined || !rest.meets(from.totalLength, record.totalLength)) continue
      const range = { from, to: pointOf(record) }
      units.push({ range, known: { index, record } })
      rest.remove(range)
    }
  }
  return [...units, ...rest.all.map((range) => ({ range }))]
}

/** The bytes that should be in a range. @throws {RecoveryError} `SOURCE_DIFFERS` */
async function fetchUnit({ range, known }: Unit, source: EntrySource): Promise<Uint8Array> {
  const { from, to } = range
  const length = to.totalLength - from.totalLength
  const differs = (how: string): RecoveryError => {
    return new RecoveryError(
      'SOURCE_DIFFERS',
      `${source.name}: ${how} (${rangeText(range)}); nothing was changed there`,
    )
  }
  if (length > MAX_UNIT_BYTES) throw differs(`more than ${MAX_UNIT_BYTES} bytes cannot be replaced at once`)
  const bytes = new Uint8Array(length)
  let at = from.totalLength
  let next = from.totalEntries
  for await (const batch of entriesBetween(source, from.totalEntries, to.totalEntries)) {
    for (const entry of batch) {
      const size = ENTRY_HEAD_BYTES + entry.data.length
      if (size > bytesLeftInPage(at)) at += bytesLeftInPage(at)
      if (entry.number !== next || at + size > to.totalLength) throw differs('its entries do not fill the same bytes')
      bytes.set(encodeEntry(entry), at - from.totalLength)
      at += size
      next++
    }
  }
  if (next !== to.totalEntries) throw differs(`it has no entry ${next}`)
  const padding = bytesLeftInPage(at)
  const isFilled = at === to.totalLength || (padding < PAGE_BYTES && at + padding === to.totalLength)
  if (!isFilled) throw differs('its entries do not fill the same bytes')
  const expected = known?.record.checksum ?? 0
  if (expected !== 0 && expected !== storedChecksum(crc32(bytes))) {
    throw differs('its entries are not those that were committed: their checksum differs too')
  }
  return bytes
}
