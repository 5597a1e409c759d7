import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { E2StoreError } from '../errors.ts'
import { checksumOf } from '../execution/checksums.ts'
import type { FolderFinding } from '../folder/finding.ts'
import { parallel } from '../io/parallel.ts'
import type { Location } from '../location/location.ts'
import { openFile } from '../node/file-source.ts'
import { checkContent } from './check-content.ts'
import { checkMirror } from './check-mirror.ts'
import { lockFolder } from '../node/folder-lock.ts'
import { MirrorError } from './errors.ts'
import { type Failure, type Fetched, type FetchOptions, fetchFile } from './fetch-file.ts'
import { KnownFiles } from './known-files.ts'
import { isListed, type MirrorPlan, type PlannedFile } from './plan.ts'

/** What became of a file: it was in the folder and right; it was fetched; it is missing. */
export interface FileOutcome {
  readonly name: string
  readonly outcome: 'kept' | 'fetched' | 'missing'
  /** Of a fetched file. */
  readonly fetched?: Fetched | undefined
  /** What was wrong with the file that was in the folder. */
  readonly replaced?: string | undefined
  /** What was wrong at locations. */
  readonly failures: readonly Failure[]
}

export interface MirrorReport {
  readonly files: readonly FileOutcome[]
  /** Of the indexes of those files that are in the folder. One that is missing can be built. */
  readonly sidecars: readonly FileOutcome[]
  /** What is wrong with the files as a chain; nothing of what is missing as `files` or the gaps of the plan say. */
  readonly findings: readonly FolderFinding[]
  /** Whether every planned file is in the folder and right, they are one chain, and the plan has no gaps. */
  readonly complete: boolean
}

export interface MirrorOptions extends FetchOptions {
  /** Most files at once (default 4). */
  readonly parallel?: number | undefined
  /** Called for each file when it is done. */
  readonly onFile?: ((outcome: FileOutcome) => void) | undefined
}

/** Locations that failed so many files in a row are asked after all others. */
const FAILURES_IN_A_ROW = 3

/**
 * Carry out a plan: check and fetch its files, several at once. It can be ended at any time and begun again: what has
 * arrived is continued, as far as the location has the same file still.
 *
 * @returns what became of each file; a file that no location has right is `missing`
 * @throws {MirrorError} `NO_SPACE`, `IN_USE`
 */
export async function runMirror(
  plan: MirrorPlan,
  locations: readonly Location[],
  folder: string,
  options: MirrorOptions = {},
): Promise<MirrorReport> {
  if (plan.missingBytes > plan.freeBytes) {
    const message = `${folder}: ${plan.missingBytes} bytes are missing, the disk has ${plan.freeBytes} left`
    throw new MirrorError('NO_SPACE', message)
  }
  await using lock = await lockFolder(folder, 'mirror')
  if (lock === undefined) throw new MirrorError('IN_USE', `${folder}: another run is writing to it`)
  const known = await KnownFiles.load(folder)
  const health = new Health(locations)
  const settleAll = (list: readonly PlannedFile[]): Promise<FileOutcome[]> =>
    parallel(list, options.parallel ?? 4, options.signal, async (file) => {
      const outcome = await settle(file, locations, folder, { known, health, options })
      options.onFile?.(outcome)
      return outcome
    })
  const files = await settleAll(plan.files)
  const here = new Set(files.flatMap(({ name, outcome }) => (outcome === 'missing' ? [] : [name])))
  const sidecars = await settleAll(plan.sidecars.filter(({ history }) => here.has(history.name)))
  const present = plan.files.filter(({ name }) => here.has(name)).map(({ history }) => history)
  const missing = new Set(plan.files.filter(({ name }) => !here.has(name)).map(({ history }) => keyOf(history)))
  const isKnown = (series: string, number: number): boolean =>
    missing.has(keyOf({ series, number })) ||
    plan.gaps.some((gap) => gap.series === series && gap.first <= number && number <= gap.last)
  const limit = options.parallel ?? 4
  const { findings, isWhole } = await checkMirror(folder, present, isKnown, { limit, signal: options.signal })
  return { files, sidecars, findings, complete: isWhole && plan.gaps.length === 0 && missing.size === 0 }
}

function keyOf({ series, number }: Pick<PlannedFile['history'], 'series' | 'number'>): string {
  return `${series} ${number}`
}

interface Run {
  readonly known: KnownFiles
  readonly health: Health
  readonly options: MirrorOptions
}

async function settle(
  file: PlannedFile,
  locations: readonly Location[],
  folder: string,
  { known, health, options }: Run,
): Promise<FileOutcome> {
  const { name } = file
  if (file.work === 'none') return { name, outcome: 'kept', failures: [] }
  const replaced = file.work === 'check' ? await checkKept(file, folder, known, options) : undefined
  if (file.work === 'check' && replaced === undefined) return { name, outcome: 'kept', failures: [] }
  const { fetched, failures } = await fetchFile(health.order(file), locations, folder, options)
  health.note(failures, fetched)
  if (fetched === undefined) return { name, outcome: 'missing', replaced, failures }
  await known.add(name, fetched.sha256, fetched.checked)
  return { name, outcome: 'fetched', fetched, replaced, failures }
}

/** What is wrong with a file that is in the folder; `undefined` if nothing. */
async function checkKept(
  file: PlannedFile,
  folder: string,
  known: KnownFiles,
  options: MirrorOptions,
): Promise<string | undefined> {
  const path = join(folder, file.name)
  const { checked = 'content' } = options
  const sha256 = await hashFile(path)
  if (!isListed(sha256, file)) return `its SHA-256 was ${sha256}, which is not listed`
  const isKnown = file.trusted !== undefined || file.offers.some((offer) => offer.sha256 === sha256)
  const byHash = isKnown && checked === 'hash'
  try {
    if (!byHash) await checkContent(path, file, folder, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!(error instanceof E2StoreError)) throw error
    return `${error.message} (${error.code})`
  }
  await known.add(file.name, sha256, byHash ? 'hash' : 'content')
  return undefined
}

async function hashFile(path: string): Promise<string> {
  await using source = await openFile(path)
  return checksumOf(source, createHash('sha256'))
}

/** Which locations fail file after file. */
class Health {
  readonly #failures: Map<string, number>
  readonly #locations: readonly Location[]

  constructor(locations: readonly Location[]) {
    this.#locations = locations
    this.#failures = new Map(locations.map(({ name }) => [name, 0]))
  }

  /** The file with the offers of failing locations last. */
  order(file: PlannedFile): PlannedFile {
    const fails = (location: number): boolean => {
      const name = this.#locations[location]?.name ?? ''
      return (this.#failures.get(name) ?? 0) >= FAILURES_IN_A_ROW
    }
    const good = file.offers.filter(({ location }) => !fails(location))
    return { ...file, offers: [...good, ...file.offers.filter(({ location }) => fails(location))] }
  }

  note(failures: readonly Failure[], fetched: Fetched | undefined): void {
    for (const { location } of failures) this.#failures.set(location, (this.#failures.get(location) ?? 0) + 1)
    if (fetched !== undefined) this.#failures.set(fetched.location, 0)
  }
}
