import { type ChecksumList, parseChecksums } from '../execution/checksums.ts'
import { LocationError } from '../location/errors.ts'
import type { ListedFile, Location, LocationOptions, RemoteLocation } from '../location/location.ts'
import { isListName, isSidecarName } from '../location/names.ts'
import { SIDECAR_EXTENSION } from '../sidecar/layout.ts'
import { ChecksumBook } from './checksum-book.ts'
import { type HistoryName, parseHistoryName } from './history-name.ts'
import { isSelected, type Selection } from './selection.ts'

/** What one location says of a file. */
export interface Offer {
  /** Index of the location. */
  readonly location: number
  /** Bytes, if its list has them exactly. */
  readonly size?: number | undefined
  /** Listed SHA-256, in hex. */
  readonly sha256?: string | undefined
}

/** Files by name, each with the file of history that it is or belongs to. */
export type OfferedFiles = ReadonlyMap<string, { readonly history: HistoryName; readonly offer: Offer }>

/** What one location says that it has. */
export interface Offered {
  readonly files: OfferedFiles
  /** Indexes of its files. */
  readonly sidecars: OfferedFiles
  /** What is wrong with its lists, in words. */
  readonly notes: readonly string[]
}

const NO_LIST: ChecksumList = { entries: [], badLines: [] }
/** Lists of checksums that lie beside files, the most telling first. */
const LISTS = ['checksums_sha256.txt', 'checksums.txt'] as const

/**
 * Ask a location what it has. Names that are listed only with a checksum are asked for too: a list of files may be older.
 *
 * @throws {LocationError}
 */
export async function readOffers(
  location: Location,
  index: number,
  selection: Selection,
  options: LocationOptions,
): Promise<Offered> {
  const { files: listed, sidecars, lists, warnings } = await listingOf(location, options)
  const notes = warnings.map((warning) => `${location.name}: ${warning}`)
  const all = listed.flatMap((file) => {
    const history = parseHistoryName(file.name)
    return history === undefined ? [] : [{ file, history }]
  })
  const histories = all.map(({ history }) => history)
  // Where all are known by name, no more is to be read.
  const missing = all.some(({ file }) => file.sha256 === undefined)
  const book = missing
    ? await readBook(location, lists, histories, notes, options)
    : new ChecksumBook(NO_LIST, histories)
  const files = new Map<string, { history: HistoryName; offer: Offer }>()
  for (const { file, history } of all) {
    if (!isSelected(history, selection)) continue
    const { name, size, sha256 = book.of(history) } = file
    files.set(name, { history, offer: { location: index, size, sha256 } })
  }
  for (const name of book.names) {
    const history = parseHistoryName(name)
    if (history === undefined || files.has(name) || !isSelected(history, selection)) continue
    files.set(name, { history, offer: { location: index, sha256: book.of(history) } })
  }
  const beside = sidecars.flatMap(({ name, size, sha256 }) => {
    const history = files.get(name.slice(0, -SIDECAR_EXTENSION.length))?.history
    return history === undefined ? [] : [[name, { history, offer: { location: index, size, sha256 } }] as const]
  })
  return { files, sidecars: new Map(beside), notes }
}

interface Listed {
  readonly files: readonly ListedFile[]
  readonly sidecars: readonly ListedFile[]
  readonly lists: readonly string[]
  readonly warnings: readonly string[]
}

async function listingOf(location: Location, options: LocationOptions): Promise<Listed> {
  if (isRemote(location)) return location.listing(options)
  const files = await location.list(options)
  const names = files.map(({ name }) => name)
  const sidecars = files.filter(({ name }) => isSidecarName(name))
  return { files, sidecars, lists: names.filter(isListName), warnings: [] }
}

function isRemote(location: Location): location is RemoteLocation {
  return 'listing' in location
}

async function readBook(
  location: Location,
  lists: readonly string[],
  files: readonly HistoryName[],
  notes: string[],
  options: LocationOptions,
): Promise<ChecksumBook> {
  for (const name of LISTS) {
    const text = lists.includes(name) ? await readText(location, name, notes, options) : undefined
    const list = text === undefined ? NO_LIST : readList(text, `${location.name}: ${name}`, notes)
    if (list.entries.length === 0) continue
    const book = new ChecksumBook(list, files)
    if (book.notByPosition !== undefined) {
      notes.push(`${location.name}: ${name} has no names, and its order is not used: ${book.notByPosition}`)
    }
    return book
  }
  return new ChecksumBook(NO_LIST, files)
}

/** A list that is longer than any is as none. */
async function readText(
  location: Location,
  name: string,
  notes: string[],
  options: LocationOptions,
): Promise<string | undefined> {
  try {
    return await location.readText(name, options)
  } catch (error) {
    if (!(error instanceof LocationError && error.code === 'BAD_LISTING')) throw error
    const note = `${location.name}: not used: ${error.message}`
    if (!notes.includes(note)) notes.push(note)
    return undefined
  }
}

/** A list that cannot be read is as none. */
function readList(text: string, what: string, notes: string[]): ChecksumList {
  try {
    const list = parseChecksums(text)
    for (const { line, message } of list.badLines) notes.push(`${what}: line ${line} ${message}`)
    return list
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    notes.push(`${what} is not used: ${error.message}`)
    return NO_LIST
  }
}
