import {
  type Header,
  headerEntryOffset,
  isWholePages,
  PAGE_BYTES,
  pageOf,
  pageStart,
  pagesInUse,
} from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type CommitPoint, pointOf, START } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { DamagedRanges } from '../log/damaged-ranges.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { type HeaderPage, readHeaderPage } from '../log/header-page.ts'
import { ChecksumCheck } from './checksum-check.ts'
import { type Boundaries, PageWalk } from './page-walk.ts'
import { readRecords } from './read-records.ts'

export interface VerifyOptions {
  readonly file: string
  /** A stream of another type counts as damage (default: accept any). */
  readonly streamType?: bigint | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
  /** Finds operation boundaries from the entries, if there is no commit log that has them. */
  readonly boundaries?: Boundaries | undefined
  readonly disk?: Disk | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a check reports while it runs. */
export type VerifyEvent =
  | { readonly kind: 'damage'; readonly error: DamageError }
  /** Bytes that were checked, out of `total`. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }

/** The result of a check. */
export interface VerifySummary {
  /** `undefined` if it cannot be read; then nothing else was checked. */
  readonly header: Header | undefined
  /** Where the file begins: entries before that are not in it. */
  readonly base: CommitPoint
  readonly fileBytes: number
  /** Number of whole entries. */
  readonly entries: bigint
  readonly bookmarks: bigint
  readonly paddingBytes: number
  /** Number of checksums of the commit log that were compared with their bytes. */
  readonly checksums: number
  readonly damages: number
  /** The ranges that are not what was committed or cannot be read. */
  readonly damaged: readonly EntryRange[]
  /** Those of them whose checksum cannot be read: they may be right. */
  readonly uncovered: readonly EntryRange[]
  /** Whether every entry can be read and the header matches them, whatever the checksums say. */
  readonly isStructureWhole: boolean
  /** End of the last entry before all damage. */
  readonly whole: CommitPoint
  /** The last operation boundary before all damage, by the commit log or by `boundaries`. */
  readonly wholeOperations: CommitPoint
}

/**
 * Check a whole stream file, reading every byte up to the commit point once; yields all damage as it is found, each with its
 * position. The file may be in use by a server, but what is committed meanwhile is not checked.
 *
 * @throws {RefusedError} `IN_THE_WAY` if the commit log at its path is that of another stream
 * @throws the error of reading the file; damage is not thrown
 * @see docs/spec/stream-file.md §8
 */
export async function* verifyStream(options: VerifyOptions): AsyncGenerator<VerifyEvent, VerifySummary, void> {
  const { file: path, disk = nodeDisk } = options
  const file = await disk.open(path, 'read')
  try {
    return yield* verify(file, disk, options)
  } finally {
    await file.close()
  }
}

async function* verify(
  file: DiskFile,
  disk: Disk,
  options: VerifyOptions,
): AsyncGenerator<VerifyEvent, VerifySummary, void> {
  const { file: path, streamType, magic, boundaries, signal } = options
  const size = await file.size()
  let damages = 0
  const damage = (error: DamageError): VerifyEvent => {
    damages++
    return { kind: 'damage', error }
  }
  const found = await headerPageOf(file, path, magic)
  if (found instanceof DamageError) {
    yield damage(found)
    const none = {
      base: START,
      entries: 0n,
      bookmarks: 0n,
      paddingBytes: 0,
      checksums: 0,
      damaged: [],
      uncovered: [],
      isStructureWhole: false,
      whole: START,
      wholeOperations: START,
    }
    return { header: undefined, fileBytes: size, damages, ...none }
  }
  const { header, base } = found
  for (const error of headerDamages(found, size, path, streamType)) yield damage(error)

  const { totalLength } = header
  const endIsCommitPoint = totalLength >= base.totalLength && totalLength <= size
  const end = endIsCommitPoint ? totalLength : size
  const endEntry = endIsCommitPoint ? undefined : header.totalEntries
  const walk = new PageWalk({ file: path, from: pointOf(base), end, endEntry, boundaries })
  await using records = readRecords(disk, path, { file, base })
  const checksums = await ChecksumCheck.begin(path, records, pointOf(base))
  for (let page = pageOf(base.totalLength); page < pagesInUse(end) && !walk.done; page++) {
    signal?.throwIfAborted()
    const position = pageStart(page)
    const bytes = await readExactly(file, position, Math.min(PAGE_BYTES, end - position))
    const errors = walk.push(bytes, position)
    // A server may have given up the page meanwhile.
    if (errors.length > 0 && (await beginsAfter(file, position, options))) return yield* verify(file, disk, options)
    for (const error of errors) yield damage(error)
    await checksums.push(bytes, position, walk.wholeTo)
    yield { kind: 'progress', done: position + bytes.length, total: end }
  }
  const differing = checksums.damages(header)
  const damaged = new DamagedRanges()
  for (const range of walk.lost(header)) damaged.add(range)
  for (const { range } of differing) if (range !== undefined) damaged.add(range)
  for (const error of differing) yield damage(error)
  if (endIsCommitPoint && walk.next !== undefined && walk.next !== header.totalEntries) {
    const detail = `totalEntries ${header.totalEntries}, but up to totalLength there are ${walk.next}`
    yield damage(
      new DamageError('ENTRIES_MISMATCH', detail, { file: path, position: headerEntryOffset(header.generation) }),
    )
  }
  const judged = { damages, damaged: damaged.all, isStructureWhole: damages === differing.length }
  const uncovered = checksums.uncovered(header)
  const counts = { ...walk.counts, checksums: checksums.checked }
  const seen = { header, base: pointOf(base), fileBytes: size, ...counts, uncovered, ...judged }
  const rotten = checksums.rottenFrom(header)
  const { lastEnd } = checksums
  if (rotten !== undefined) return { ...seen, whole: rotten, wholeOperations: lastEnd }
  const wholeOperations = lastEnd.totalLength > walk.lastBoundary.totalLength ? lastEnd : walk.lastBoundary
  return { ...seen, whole: walk.whole, wholeOperations }
}

async function beginsAfter(file: DiskFile, position: number, { file: path, magic }: VerifyOptions): Promise<boolean> {
  const now = await headerPageOf(file, path, magic)
  return !(now instanceof DamageError) && now.base.totalLength > position
}

async function headerPageOf(
  file: DiskFile,
  path: string,
  magic: Uint8Array | undefined,
): Promise<HeaderPage | DamageError> {
  try {
    return await readHeaderPage(file, path, { magic })
  } catch (error) {
    if (error instanceof DamageError) return error
    throw error
  }
}

function headerDamages(
  { header, base }: HeaderPage,
  size: number,
  path: string,
  streamType: bigint | undefined,
): DamageError[] {
  const damages: DamageError[] = []
  const position = headerEntryOffset(header.generation)
  if (streamType !== undefined && header.streamType !== streamType) {
    const detail = `stream type ${header.streamType}, expected ${streamType}`
    damages.push(new DamageError('WRONG_STREAM_TYPE', detail, { file: path, position }))
  }
  if (!isWholePages(size)) {
    const detail = `a file of ${size} bytes, expected 4096 and whole pages of ${PAGE_BYTES}`
    damages.push(new DamageError('CUT_PAGE', detail, { file: path, position: size }))
  }
  const { totalLength } = header
  if (totalLength < base.totalLength || totalLength > size) {
    const detail = `totalLength ${totalLength}, expected ${base.totalLength} to the file's ${size} bytes`
    damages.push(new DamageError('LENGTH_PAST_END', detail, { file: path, position }))
  }
  return damages
}
