import {
  HEADER_PAGE_BYTES,
  type Header,
  headerEntryOffset,
  isWholePages,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
} from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import { DamagedRanges } from '../log/damaged-ranges.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { readHeader } from '../log/stream-file.ts'
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
  { file: path, streamType, magic, boundaries, signal }: VerifyOptions,
): AsyncGenerator<VerifyEvent, VerifySummary, void> {
  const size = await file.size()
  let damages = 0
  const damage = (error: DamageError): VerifyEvent => {
    damages++
    return { kind: 'damage', error }
  }
  const header = await headerOf(file, path, magic)
  if (header instanceof DamageError) {
    yield damage(header)
    const none = {
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
  for (const error of headerDamages(header, size, path, streamType)) yield damage(error)

  const { totalLength } = header
  const endIsCommitPoint = totalLength >= HEADER_PAGE_BYTES && totalLength <= size
  const end = endIsCommitPoint ? totalLength : size
  const endEntry = endIsCommitPoint ? undefined : header.totalEntries
  const walk = new PageWalk({ file: path, from: START, end, endEntry, boundaries })
  await using records = readRecords(disk, path, file)
  const checksums = await ChecksumCheck.begin(path, records)
  for (let page = 0; page < pagesInUse(end) && !walk.done; page++) {
    signal?.throwIfAborted()
    const position = pageStart(page)
    const bytes = await readExactly(file, position, Math.min(PAGE_BYTES, end - position))
    for (const error of walk.push(bytes, position)) yield damage(error)
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
  const found = { damages, damaged: damaged.all, isStructureWhole: damages === differing.length }
  const uncovered = checksums.uncovered(header)
  const seen = { header, fileBytes: size, ...walk.counts, checksums: checksums.checked, uncovered, ...found }
  const rotten = checksums.rottenFrom(header)
  const { lastEnd } = checksums
  if (rotten !== undefined) return { ...seen, whole: rotten, wholeOperations: lastEnd }
  const wholeOperations = lastEnd.totalLength > walk.lastBoundary.totalLength ? lastEnd : walk.lastBoundary
  return { ...seen, whole: walk.whole, wholeOperations }
}

async function headerOf(file: DiskFile, path: string, magic: Uint8Array | undefined): Promise<Header | DamageError> {
  try {
    return await readHeader(file, path, { magic })
  } catch (error) {
    if (error instanceof DamageError) return error
    throw error
  }
}

function headerDamages(header: Header, size: number, path: string, streamType: bigint | undefined): DamageError[] {
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
  if (totalLength < HEADER_PAGE_BYTES || totalLength > size) {
    const detail = `totalLength ${totalLength}, expected 4096 to the file's ${size} bytes`
    damages.push(new DamageError('LENGTH_PAST_END', detail, { file: path, position }))
  }
  return damages
}
