import { type Checksum, parseChecksums } from '../../execution/checksums.ts'
import { LocationError } from '../errors.ts'
import type { ListedFile, Listing, ListingForm } from '../location.ts'
import { isArchiveName, isListName, isSidecarName } from '../names.ts'
import type { FoundFile } from './found.ts'
import { parseUrls } from './urls.ts'

/** Where a listing comes from. */
export interface ListingSource {
  /** For messages. */
  readonly shown: string
  /** What the location says by itself. @throws {LocationError} */
  files(): Promise<{ readonly form: ListingForm; readonly files: readonly FoundFile[] }>
  /** A list beside the files; `undefined` if it is not there. */
  readText(name: string): Promise<string | undefined>
}

/** A listing, and addresses of files that a list has elsewhere. */
export interface FullListing extends Listing {
  /** Everything that the location says it has, with the lists. */
  readonly all: readonly ListedFile[]
  readonly urls: ReadonlyMap<string, string>
}

/** What the lists are called where no page says it. */
const USUAL_LISTS: readonly string[] = ['checksums_sha256.txt', 'checksums.txt', 'urls.txt']
/** More lists than anybody has. */
const MAX_LISTS = 8
/** Without a page there may be lists nevertheless. */
const NO_PAGE: ReadonlySet<string> = new Set(['NOT_FOUND', 'DENIED', 'BAD_LISTING'])
const ORDER: readonly ListingForm[] = ['checksums', 'urls', 's3', 'json', 'html']

/**
 * Everything that a location says of its archives: the lists with names, then its own list, which has the sizes. A file
 * that is in any of them is listed.
 *
 * @throws {LocationError} `BAD_LISTING` if there is no list, or what makes the page unreadable
 */
export async function readListing(source: ListingSource): Promise<FullListing> {
  const found = new Found()
  const warnings: string[] = []
  let [failure, unreadable]: (LocationError | undefined)[] = []
  try {
    const { form, files } = await source.files()
    found.addPage(form, files)
  } catch (error) {
    if (!(error instanceof LocationError && NO_PAGE.has(error.code))) throw error
    failure = error
  }
  for (const name of (found.lists.length > 0 ? found.lists : USUAL_LISTS).slice(0, MAX_LISTS)) {
    try {
      const text = await source.readText(name)
      if (text !== undefined) warnings.push(...found.addList(name, text))
    } catch (error) {
      if (!(error instanceof LocationError && NO_PAGE.has(error.code))) throw error
      if (error.code === 'BAD_LISTING') unreadable ??= error
      if (error.code === 'BAD_LISTING' || found.lists.includes(name)) warnings.push(`not used: ${error.message}`)
    }
  }
  if (found.isEmpty) throw unreadable ?? failure ?? noList(source.shown)
  return found.listing(warnings)
}

function noList(shown: string): LocationError {
  const message = `${shown}: no list of archives: the page has no names of archives, and there is no ${USUAL_LISTS.join(', ')}`
  return new LocationError('BAD_LISTING', message)
}

/** Collects what the lists say. */
class Found {
  readonly #forms = new Set<ListingForm>()
  readonly #files = new Map<string, ListedFile>()
  readonly #urls = new Map<string, string>()
  #lists: string[] = []

  get lists(): readonly string[] {
    return this.#lists
  }

  get isEmpty(): boolean {
    return this.#files.size === 0 && this.#lists.length === 0
  }

  addPage(form: ListingForm, files: readonly FoundFile[]): void {
    for (const file of files) this.#files.set(file.name, file)
    this.#lists = files.map(({ name }) => name).filter(isListName)
    if (files.length > 0) this.#forms.add(form)
  }

  /** Add a list beside the files; returns what is wrong with it. */
  addList(name: string, text: string): string[] {
    if (!this.#lists.includes(name)) this.#lists.push(name)
    if (/^urls/i.test(name)) return this.#addUrls(text)
    return /sum/i.test(name) ? this.#addChecksums(name, text) : []
  }

  listing(warnings: readonly string[]): FullListing {
    const all = [...this.#files.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return {
      forms: ORDER.filter((form) => this.#forms.has(form)),
      files: all.filter(({ name }) => isArchiveName(name)),
      sidecars: all.filter(({ name }) => isSidecarName(name)),
      lists: [...this.#lists].sort((a, b) => (a < b ? -1 : 1)),
      ...{ warnings, all, urls: this.#urls },
    }
  }

  #addUrls(text: string): string[] {
    for (const { name, url } of parseUrls(text)) {
      this.#forms.add('urls')
      // What the location has itself is read from there.
      if (this.#files.has(name)) continue
      this.#files.set(name, { name })
      this.#urls.set(name, url)
    }
    return []
  }

  #addChecksums(list: string, text: string): string[] {
    const warnings: string[] = []
    for (const { name, sha256 } of checksumsIn(list, text, warnings)) {
      if (name === undefined || !isArchiveName(name)) continue
      this.#forms.add('checksums')
      const file = this.#files.get(name)
      if (file?.sha256 !== undefined && file.sha256 !== sha256) {
        warnings.push(`${list}: another checksum for ${name} than a list before`)
      } else this.#files.set(name, { name, ...file, sha256 })
    }
    return warnings
  }
}

function checksumsIn(list: string, text: string, warnings: string[]): readonly Checksum[] {
  try {
    const { entries, badLines } = parseChecksums(text)
    for (const { line, message } of badLines) warnings.push(`${list}: line ${line} ${message}`)
    return entries
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    warnings.push(`${list}: ${error.message}`)
    return []
  }
}
