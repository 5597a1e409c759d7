import { stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ChecksumList } from '../execution/checksums.ts'
import { parallel } from '../io/parallel.ts'
import type { Location } from '../location/location.ts'
import { ChecksumBook } from './checksum-book.ts'
import { MirrorError } from './errors.ts'
import { type Double, findDoubles, findGaps, type Gap } from './gaps.ts'
import { compareHistory, type HistoryName, parseHistoryName } from './history-name.ts'
import { type Checked, KnownFiles } from './known-files.ts'
import { type Offer, type Offered, type OfferedFiles, readOffers } from './offers.ts'
import { partSize } from './part-file.ts'
import { isSelected, type Selection, selectedNumbers } from './selection.ts'
import { Sizes } from './sizes.ts'

/** What is to be done for a file: nothing; check the one in the folder; fetch it. */
export type Work = 'none' | 'check' | 'fetch'

export interface PlannedFile {
  readonly name: string
  readonly history: HistoryName
  readonly work: Work
  /** Bytes, if any location says. */
  readonly size: number | undefined
  /** Bytes of it that an earlier run left. */
  readonly have: number
  /** Where it is to be had, in the order in which the locations were given. */
  readonly offers: readonly Offer[]
  /** The hash that a list says that the caller trusts. */
  readonly trusted: string | undefined
}

export interface MirrorPlan {
  /** In order of series and number. */
  readonly files: readonly PlannedFile[]
  /** Indexes of those files, which are fetched after them. `history` is the file that one is of. */
  readonly sidecars: readonly PlannedFile[]
  /** Numbers that no location lists. */
  readonly gaps: readonly Gap[]
  readonly doubles: readonly Double[]
  /** What locations say wrongly, or differently, in words. */
  readonly notes: readonly string[]
  /** Bytes of the files of which the size is known. */
  readonly bytes: number
  /** Bytes of those that are to be fetched. */
  readonly missingBytes: number
  /** Files to fetch of which no location says the size. */
  readonly unknownSizes: number
  /** Bytes that the disk has left. */
  readonly freeBytes: number
}

export interface PlanOptions extends Selection {
  /** Hashes that are trusted more than those of the locations. */
  readonly checksums?: ChecksumList | undefined
  /** How thoroughly files must have been checked before to be kept unchecked (default `content`). */
  readonly checked?: Checked | undefined
  /** Check files again that were checked before. */
  readonly recheck?: boolean | undefined
  /** How long a location may take to say the size of a file that its list does not have, in milliseconds (default 30,000). */
  readonly sizeDeadlineMs?: number | undefined
  /** Most requests at once (default 8). */
  readonly parallel?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What has to be done so that a folder has what locations have: read their lists, and compare them with the folder.
 *
 * @param folder it need not exist yet
 * @throws {MirrorError} `NOTHING_LISTED`
 * @throws {LocationError} none of the locations gives a list
 */
export async function planMirror(
  locations: readonly Location[],
  folder: string,
  options: PlanOptions = {},
): Promise<MirrorPlan> {
  const notes: string[] = []
  const offered = await readAll(locations, options, notes)
  const trusted = trustedBook(offered, options.checksums ?? { entries: [], badLines: [] })
  const merged = mergeFiles(locations, offered, trusted, options, notes)
  if (merged.length === 0) {
    const where = locations.map(({ name }) => name).join(', ')
    throw new MirrorError('NOTHING_LISTED', `${where}: no file of history is listed, or none of those asked for`)
  }
  const known = await KnownFiles.load(folder)
  const sizes = new Sizes(locations, options.sizeDeadlineMs)
  const compare = (list: readonly MergedFile[]): Promise<PlannedFile[]> =>
    parallel(list, options.parallel ?? 8, options.signal, (file) =>
      compareWithFolder(file, folder, known, options, sizes),
    )
  const files = await compare(merged)
  const sidecars = await compare(mergeSidecars(locations, offered, notes))
  const history = files.map((file) => file.history)
  const all = [...files, ...sidecars]
  const missing = all.filter(({ work }) => work === 'fetch')
  return {
    files,
    sidecars,
    gaps: findGaps(history, selectedNumbers(options)),
    doubles: findDoubles(history),
    notes,
    bytes: all.reduce((sum, { size = 0 }) => sum + size, 0),
    missingBytes: missing.reduce((sum, { size = 0, have }) => sum + Math.max(0, size - have), 0),
    unknownSizes: missing.filter(({ size }) => size === undefined).length,
    freeBytes: await freeBytesAt(folder),
  }
}

async function readAll(
  locations: readonly Location[],
  { signal, ...options }: PlanOptions,
  notes: string[],
): Promise<readonly (Offered | undefined)[]> {
  const results = await Promise.allSettled(
    locations.map((location, i) => readOffers(location, i, options, signal ? { signal } : {})),
  )
  signal?.throwIfAborted()
  const failed = results.filter((result) => result.status === 'rejected')
  const [first] = failed
  const namesGiven = options.checksums?.entries.some(({ name }) => name !== undefined) === true
  if (first !== undefined && failed.length === locations.length && !namesGiven) throw first.reason
  return results.map((result, i) => {
    if (result.status === 'fulfilled') {
      notes.push(...result.value.notes)
      return result.value
    }
    const why = result.reason instanceof Error ? result.reason.message : String(result.reason)
    notes.push(`${locations[i]?.name}: no list, so files are only asked for: ${why}`)
    return undefined
  })
}

function trustedBook(offered: readonly (Offered | undefined)[], checksums: ChecksumList): ChecksumBook {
  return new ChecksumBook(checksums, [...namesOf(offered.map((each) => each?.files)).values()])
}

type MergedFile = Pick<PlannedFile, 'name' | 'history' | 'offers' | 'trusted'>

/** Each file once, with what every location says of it. A location without a list may have any file. */
function mergeFiles(
  locations: readonly Location[],
  offered: readonly (Offered | undefined)[],
  trusted: ChecksumBook,
  selection: Selection,
  notes: string[],
): MergedFile[] {
  const all = namesOf(offered.map((each) => each?.files))
  for (const name of trusted.names) {
    const history = parseHistoryName(name)
    if (history !== undefined && isSelected(history, selection)) all.set(name, history)
  }
  const merged: MergedFile[] = []
  for (const [name, history] of all) {
    const offers = offered.flatMap((each, location) =>
      each === undefined ? [{ location }] : [each.files.get(name)?.offer ?? []].flat(),
    )
    if (offers.length === 0) offers.push(...locations.map((_, location) => ({ location })))
    noteDifferences(name, offers, locations, notes)
    merged.push({ name, history, offers, trusted: trusted.of(history) })
  }
  return merged.sort((a, b) => compareHistory(a.history, b.history))
}

function mergeSidecars(
  locations: readonly Location[],
  offered: readonly (Offered | undefined)[],
  notes: string[],
): MergedFile[] {
  const merged: MergedFile[] = []
  for (const [name, history] of namesOf(offered.map((each) => each?.sidecars))) {
    const offers = offered.flatMap((each) => each?.sidecars.get(name)?.offer ?? [])
    noteDifferences(name, offers, locations, notes)
    merged.push({ name, history, offers, trusted: undefined })
  }
  return merged.sort((a, b) => compareHistory(a.history, b.history))
}

function namesOf(lists: readonly (OfferedFiles | undefined)[]): Map<string, HistoryName> {
  const all = new Map<string, HistoryName>()
  for (const list of lists) for (const [name, { history }] of list ?? []) all.set(name, history)
  return all
}

function noteDifferences(
  name: string,
  offers: readonly Offer[],
  locations: readonly Location[],
  notes: string[],
): void {
  for (const what of ['size', 'sha256'] as const) {
    const stated = offers.filter((offer) => offer[what] !== undefined)
    if (new Set(stated.map((offer) => offer[what])).size < 2) continue
    const all = stated.map((offer) => `${offer[what]} at ${locations[offer.location]?.name}`)
    notes.push(`${name}: locations differ in ${what === 'size' ? 'its size' : 'its SHA-256'}: ${all.join(', ')}`)
  }
}

async function compareWithFolder(
  file: MergedFile,
  folder: string,
  known: KnownFiles,
  { checked = 'content', recheck = false, signal }: PlanOptions,
  asked: Sizes,
): Promise<PlannedFile> {
  const path = join(folder, file.name)
  const found = await stat(path).catch(() => undefined)
  const sizes = new Set(file.offers.flatMap(({ size }) => size ?? []))
  const [listed] = sizes
  if (found !== undefined && (sizes.size === 0 || sizes.has(found.size))) {
    const before = recheck ? undefined : await known.get(file.name, checked)
    const kept = { ...file, size: found.size, have: 0 }
    if (before === undefined) return { ...kept, work: 'check' }
    if (isListed(before.sha256, file)) return { ...kept, work: 'none' }
  }
  const size = listed ?? (await asked.of(file, signal))
  return { ...file, work: 'fetch', size, have: await partSize(path) }
}

/** Bytes that the disk of a folder, or of the one that it will be in, has left. */
async function freeBytesAt(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = await statfs(path).catch(() => undefined)
    if (found !== undefined) return found.bavail * found.bsize
    if (path === dirname(path)) return 0
  }
}

/** Whether a hash is the one that must be, as far as any is known. */
export function isListed(sha256: string, { trusted, offers }: Pick<PlannedFile, 'trusted' | 'offers'>): boolean {
  if (trusted !== undefined) return sha256 === trusted
  const listed = offers.flatMap((offer) => offer.sha256 ?? [])
  return listed.length === 0 || listed.includes(sha256)
}
