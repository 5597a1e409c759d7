import type { Checksum } from '../execution/checksums.ts'
import { parseChecksums } from '../execution/checksums.ts'
import type { ListedFile, Location, LocationOptions } from '../location/location.ts'
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

/** What one location says that it has. */
export interface Offered {
  readonly files: ReadonlyMap<string, { readonly history: HistoryName; readonly offer: Offer }>
  readonly checksums: ChecksumBook
  /** What is wrong with its lists, in words. */
  readonly notes: readonly string[]
}

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
  const listed = await location.list(options)
  const all = listed.flatMap((file) => {
    const history = parseHistoryName(file.name)
    return history === undefined ? [] : [{ file, history }]
  })
  const notes: string[] = []
  const { book: checksums, name: listName } = await readBook(
    location,
    all.map(({ history }) => history),
    notes,
    options,
  )
  if (checksums.isUnordered) {
    notes.push(`${location.name}: ${listName} has no names and other files than are listed: its order is not used`)
  }
  const files = new Map<string, { history: HistoryName; offer: Offer }>()
  for (const { file, history } of all) {
    if (!isSelected(history, selection)) continue
    files.set(file.name, { history, offer: offerOf(index, file, checksums) })
  }
  for (const name of checksums.names) {
    const history = parseHistoryName(name)
    if (history === undefined || files.has(name) || !isSelected(history, selection)) continue
    notes.push(`${location.name}: ${listName} has ${name}, its list of files has not`)
    files.set(name, { history, offer: { location: index, sha256: checksums.of(name) } })
  }
  return { files, checksums, notes }
}

function offerOf(location: number, { name, size }: ListedFile, checksums: ChecksumBook): Offer {
  return { location, size, sha256: checksums.of(name) }
}

async function readBook(
  location: Location,
  files: readonly HistoryName[],
  notes: string[],
  options: LocationOptions,
): Promise<{ readonly book: ChecksumBook; readonly name: string }> {
  for (const name of LISTS) {
    const text = await location.readText(name, options)
    const list = text === undefined ? [] : readList(text, `${location.name}: ${name}`, notes)
    if (list.length > 0) return { book: new ChecksumBook(list, files), name }
  }
  return { book: new ChecksumBook([], files), name: LISTS[0] }
}

/** A list that cannot be read is as none. */
function readList(text: string, what: string, notes: string[]): readonly Checksum[] {
  try {
    return parseChecksums(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    notes.push(`${what} is not used: ${error.message}`)
    return []
  }
}
