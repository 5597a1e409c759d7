import { type Header, PAGE_BYTES, pageOf, pageStart } from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type CommitPoint, samePoint } from '../log/commit-point.ts'
import type { DamageError } from '../log/damage-error.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { pendingUpdatePath } from '../log/paths.ts'
import { RecoveryError } from './errors.ts'
import { PageWalk } from './page-walk.ts'
import { type VerifyEvent, type VerifyOptions, type VerifySummary, verifyStream } from './verify.ts'

/** The effect of recovering a file. */
export interface RecoveryPlan {
  readonly file: string
  readonly header: Header
  /** Where the file begins. */
  readonly base: CommitPoint
  /** Where the log will end. */
  readonly to: CommitPoint
  /** Number of entries that the header counts and that will be removed. */
  readonly lostEntries: bigint
  /** Bytes after `to` that the header counts and that will be removed; a copy is kept. */
  readonly removedBytes: number
  /** Whether `to` is known to be an operation boundary. */
  readonly atOperationBoundary: boolean
  /** The ranges that are not what was committed or cannot be read: these can be replaced. */
  readonly damaged: readonly EntryRange[]
  /** Those of them whose checksum cannot be read: they may be right. */
  readonly uncovered: readonly EntryRange[]
  /** Whether every entry can be read and the header matches them: then damage can be marked or taken over. */
  readonly isStructureWhole: boolean
  /** The damage that was found. */
  readonly damages: readonly DamageError[]
}

/** Most damages that a plan lists. */
const MAX_LISTED = 1000

/**
 * Find the position up to which a file is whole, without changing anything; `undefined` if all of it is. The position is the
 * end of the last whole entry or, if `boundaries` are given, of the last whole operation.
 *
 * @throws {DamageError} if the header cannot be read: then it is unknown what the stream is
 * @throws {RecoveryError} `UPDATE_PENDING`
 */
export async function* planRecovery(
  options: VerifyOptions,
): AsyncGenerator<VerifyEvent, RecoveryPlan | undefined, void> {
  const { file, disk = nodeDisk } = options
  if (await disk.exists(pendingUpdatePath(file))) {
    const message = `${file}: an update was interrupted; start a server on it once, which finishes that`
    throw new RecoveryError('UPDATE_PENDING', message)
  }
  const damages: DamageError[] = []
  await using checking = verifyStream(options)
  for (;;) {
    const step = await checking.next()
    if (step.done === true) return damages.length === 0 ? undefined : plan(options, disk, damages, step.value)
    if (step.value.kind === 'damage' && damages.length < MAX_LISTED) damages.push(step.value.error)
    yield step.value
  }
}

async function plan(
  { file, boundaries }: VerifyOptions,
  disk: Disk,
  damages: readonly DamageError[],
  summary: VerifySummary,
): Promise<RecoveryPlan> {
  const { header, base, whole, wholeOperations, fileBytes, damaged, uncovered, isStructureWhole } = summary
  const [first] = damages
  if (header === undefined || (first !== undefined && first.code === 'WRONG_STREAM_TYPE')) throw first
  const ofHeader = damages.filter(({ code }) => code !== 'NO_CHECKSUM')
  const countDiffers = onlyCountDiffers(ofHeader)
  const byCount = countDiffers || onlyLengthIsWrong(ofHeader) ? await findByCount(disk, file, whole, header) : undefined
  // If the entries agree with one total of the header, that is a commit point.
  const committed = byCount ?? (countDiffers ? whole : undefined)
  if (committed !== undefined) {
    return {
      file,
      header,
      base,
      to: committed,
      lostEntries: 0n,
      removedBytes: 0,
      atOperationBoundary: true,
      damaged,
      uncovered,
      isStructureWhole,
      damages,
    }
  }
  const to = boundaries === undefined ? whole : wholeOperations
  const atOperationBoundary = samePoint(to, wholeOperations)
  const lostEntries = header.totalEntries > to.totalEntries ? header.totalEntries - to.totalEntries : 0n
  const removedBytes = Math.max(0, Math.min(header.totalLength, fileBytes) - to.totalLength)
  return {
    file,
    header,
    base,
    to,
    lostEntries,
    removedBytes,
    atOperationBoundary,
    damaged,
    uncovered,
    isStructureWhole,
    damages,
  }
}

/** Whether everything within the header's length is whole, but not as many entries as it counts. */
function onlyCountDiffers(damages: readonly DamageError[]): boolean {
  const doubts: readonly string[] = ['ENTRIES_MISMATCH', 'CUT_PAGE']
  return damages.some(({ code }) => code === 'ENTRIES_MISMATCH') && damages.every(({ code }) => doubts.includes(code))
}

/** Whether only the header's length is in doubt, so that its number of entries may be right. */
function onlyLengthIsWrong(damages: readonly DamageError[]): boolean {
  const doubts: readonly string[] = ['LENGTH_PAST_END', 'LENGTH_NOT_AT_ENTRY_END', 'ENTRIES_MISMATCH', 'CUT_PAGE']
  const length = damages.some(({ code }) => code === 'LENGTH_PAST_END' || code === 'LENGTH_NOT_AT_ENTRY_END')
  return length && damages.every(({ code }) => doubts.includes(code))
}

/** The end of as many entries as the header counts, if those after the whole ones are all there. */
async function findByCount(
  disk: Disk,
  path: string,
  from: CommitPoint,
  header: Header,
): Promise<CommitPoint | undefined> {
  const file = await disk.open(path, 'read')
  try {
    const end = await file.size()
    const walk = new PageWalk({ file: path, from, end, endEntry: header.totalEntries })
    for await (const { bytes, position } of pagesFrom(file, from.totalLength, end)) {
      if (walk.done || walk.push(bytes, position).length > 0) break
    }
    return walk.whole.totalEntries === header.totalEntries ? walk.whole : undefined
  } finally {
    await file.close()
  }
}

/** The rest of the page that holds a position, and the pages after it. */
async function* pagesFrom(
  file: DiskFile,
  from: number,
  end: number,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly position: number }, void, void> {
  for (let position = from; position < end; ) {
    const pageEnd = pageStart(pageOf(position)) + PAGE_BYTES
    const bytes = await readExactly(file, position, Math.min(pageEnd, end) - position)
    yield { bytes, position }
    position += bytes.length
  }
}
