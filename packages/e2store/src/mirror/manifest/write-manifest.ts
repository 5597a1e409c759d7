import { readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { formatChecksums } from '../../execution/checksums.ts'
import { parallel } from '../../io/parallel.ts'
import { isSidecarName } from '../../location/names.ts'
import { MirrorError } from '../errors.ts'
import { type Double, findDoubles, findGaps, type Gap } from '../gaps.ts'
import { compareHistory, type HistoryName, parseHistoryName } from '../history-name.ts'
import { type KnownFile, KnownFiles } from '../known-files.ts'
import { HashThreads } from './hash-threads.ts'
import { indexPage, PAGE_MARK, type PageFile } from './index-page.ts'
import { textOf, writeIfOther } from './write-if-other.ts'

export interface ManifestOptions {
  /** Address that the folder will be served under; with it there is a list of addresses. */
  readonly baseUrl?: string | undefined
  /** Title of the page (default: the folder's name). */
  readonly title?: string | undefined
  /** Hash files again whose size and time of change are those of before. */
  readonly rehash?: boolean | undefined
  /** Replace an `index.html` that this did not make. */
  readonly force?: boolean | undefined
  /** Files hashed at once, each in a thread (default: as many as there are processors, at most 8). */
  readonly parallel?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the number of bytes that have just been hashed. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** Called before anything is hashed. */
  readonly onPlan?: ((plan: { readonly files: number; readonly bytes: number }) => void) | undefined
}

/** What a folder has, and what was written about it. */
export interface Manifest {
  /** In order of series and number. */
  readonly files: readonly KnownFile[]
  readonly gaps: readonly Gap[]
  readonly doubles: readonly Double[]
  /** Files that were written, changed or removed, by name. */
  readonly written: readonly string[]
  readonly removed: readonly string[]
  /** What could not be written, and why, in words. */
  readonly notes: readonly string[]
}

const NAMED = 'checksums_sha256.txt'
const UNNAMED = 'checksums.txt'
const URLS = 'urls.txt'
const LISTS = [UNNAMED, NAMED, URLS] as const
const PAGE = 'index.html'
const MAX_THREADS = 8

/**
 * Write what makes a folder of history a mirror when it is served as it is: checksums with names, checksums in the order
 * of numbers where that says which is whose, addresses, and a page with links. The same folder gives the same bytes.
 *
 * @throws {MirrorError} `NOTHING_LISTED`, `NOT_OURS`
 * @throws {RangeError} the address is not one of http or https
 */
export async function writeManifest(folder: string, options: ManifestOptions = {}): Promise<Manifest> {
  const base = options.baseUrl === undefined ? undefined : folderAddress(options.baseUrl)
  const present = await readdir(folder)
  const history = present.flatMap((name) => parseHistoryName(name) ?? []).sort(compareHistory)
  if (history.length === 0) throw new MirrorError('NOTHING_LISTED', `${folder}: no file of history is in it`)
  const page = await textOf(join(folder, PAGE))
  if (page !== undefined && !page.includes(PAGE_MARK) && options.force !== true) {
    throw new MirrorError('NOT_OURS', `${folder}: ${PAGE} was made by something else`)
  }
  const files = await hashAll(folder, history, options)
  const output = new Output(folder)
  const gaps = findGaps(history)
  const doubles = findDoubles(history)
  await output.write(NAMED, formatChecksums(files))
  const why = whyUnordered(history, gaps, doubles)
  if (why === undefined) await output.write(UNNAMED, files.map(({ sha256 }) => `0x${sha256}\n`).join(''))
  else await output.dropUnnamed(why)
  if (base !== undefined) await output.write(URLS, files.map(({ name }) => `${base}${name}\n`).join(''))
  else if ((await textOf(join(folder, URLS))) !== undefined) output.note(`${URLS} is as it was: no address was given`)
  const title = options.title ?? basename(resolve(folder))
  const newest = Math.max(...files.map(({ mtimeMs }) => mtimeMs))
  const lists = (await pageFiles(folder, LISTS)).map((list) => ({ ...list, mtimeMs: newest }))
  const sidecars = await pageFiles(folder, present.filter(isSidecarName).sort(byText))
  await output.write(PAGE, indexPage(title, [...lists, ...files, ...sidecars]))
  return { files, gaps, doubles, ...output.result() }
}

/** Why checksums without names could not be told apart by their order. */
function whyUnordered(
  history: readonly HistoryName[],
  gaps: readonly Gap[],
  doubles: readonly Double[],
): string | undefined {
  if (new Set(history.map(({ series }) => series)).size > 1) return 'the folder has several series'
  if (history[0]?.number !== 0) return `the first file is ${history[0]?.number}`
  if (doubles.length > 0) return 'a number has several files'
  return gaps.length > 0 ? 'numbers are missing' : undefined
}

async function hashAll(
  folder: string,
  history: readonly HistoryName[],
  { rehash = false, signal, onBytes, onPlan, ...options }: ManifestOptions,
): Promise<KnownFile[]> {
  const known = await KnownFiles.load(folder)
  const before = await Promise.all(history.map(({ name }) => (rehash ? undefined : known.get(name))))
  const unknown = history.filter((_, i) => before[i] === undefined)
  const sizes = await Promise.all(unknown.map(async ({ name }) => (await stat(join(folder, name))).size))
  onPlan?.({ files: unknown.length, bytes: sizes.reduce((sum, size) => sum + size, 0) })
  await using threads = new HashThreads()
  const limit = options.parallel ?? Math.min(MAX_THREADS, availableParallelism())
  const found = await parallel(unknown, limit, signal, async ({ name }) => {
    const sha256 = await threads.hash(join(folder, name), (bytes) => onBytes?.(bytes), signal)
    const earlier = await known.get(name)
    return known.add(name, sha256, earlier?.sha256 === sha256 ? earlier.checked : 'hash')
  })
  const all = new Map(found.map((file) => [file.name, file]))
  return history.flatMap(({ name }, i) => before[i] ?? all.get(name) ?? [])
}

/** Those of some files that are in the folder, for the page. */
async function pageFiles(folder: string, names: readonly string[]): Promise<PageFile[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(folder, name)).catch(() => undefined)
      return stats?.isFile() ? [{ name, size: stats.size, mtimeMs: stats.mtimeMs }] : []
    }),
  )
  return found.flat()
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}

/** The address of a folder, with a slash at its end. */
function folderAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new RangeError(`${text} is not the http or https address of a folder`)
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`
}

/** Writes files, and keeps what was done. */
class Output {
  readonly #folder: string
  readonly #written: string[] = []
  readonly #removed: string[] = []
  readonly #notes: string[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  async write(name: string, text: string): Promise<void> {
    if (await writeIfOther(join(this.#folder, name), text)) this.#written.push(name)
  }

  note(text: string): void {
    this.#notes.push(text)
  }

  /** A list of hashes in an order that says nothing would be taken for the files that it is not of. */
  async dropUnnamed(why: string): Promise<void> {
    const path = join(this.#folder, UNNAMED)
    const text = await textOf(path)
    this.note(`no ${UNNAMED}, whose lines have no names: ${why}`)
    if (text === undefined || !/^(?:0x[0-9a-f]{64}\n?)*$/.test(text)) return
    await rm(path)
    this.#removed.push(UNNAMED)
  }

  result(): Pick<Manifest, 'written' | 'removed' | 'notes'> {
    return { written: this.#written, removed: this.#removed, notes: this.#notes }
  }
}
