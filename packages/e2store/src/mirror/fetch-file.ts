import { dirname, join } from 'node:path'
import { E2StoreError } from '../errors.ts'
import type { Location } from '../location/location.ts'
import { checkReplaceable } from '../node/regular-file.ts'
import { type CheckContentOptions, checkContent } from './check-content.ts'
import { MirrorError } from './errors.ts'
import type { Checked } from './known-files.ts'
import type { Offer } from './offers.ts'
import { PartFile } from './part-file.ts'
import type { PlannedFile } from './plan.ts'
import { type TransferOptions, transfer } from './transfer.ts'

export interface FetchOptions extends TransferOptions, CheckContentOptions {
  /** Whether the content is verified too where a list has the hash (default `content`: it is). */
  readonly checked?: Checked | undefined
}

/** Why a file was not had from a location. */
export interface Failure {
  /** Name of the location. */
  readonly location: string
  readonly message: string
}

/** A file that is in the folder now. */
export interface Fetched {
  readonly sha256: string
  readonly checked: Checked
  /** Whether a list has its hash. */
  readonly listed: boolean
  /** Name of the location that it is from. */
  readonly location: string
  readonly size: number
}

/** What came of fetching a file: it, if one location had it, and what was wrong with others. */
export interface FetchResult {
  readonly fetched?: Fetched
  readonly failures: readonly Failure[]
}

/**
 * Fetch a file from the first location that has it whole and right, verify it, and only then give it its name.
 *
 * What is wrong with a location or its file is part of the result; errors of this machine's disk are thrown.
 *
 * @throws {ByteSourceError} `NOT_A_FILE`: a folder has the name of the file
 */
export async function fetchFile(
  file: PlannedFile,
  locations: readonly Location[],
  folder: string,
  options: FetchOptions,
): Promise<FetchResult> {
  const target = join(folder, file.name)
  const failures: Failure[] = []
  await checkReplaceable(target)
  await using part = await PartFile.open(target)
  for (const offer of startedFirst(file, locations, part)) {
    const location = locations[offer.location]
    if (location === undefined) continue
    try {
      return { fetched: await fetchFrom(location, offer, file, part, target, options), failures }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof E2StoreError)) throw error
      failures.push({
        location: location.name,
        message: `${where(location, file, error)}${error.message} (${error.code})`,
      })
    }
  }
  return { failures }
}

/** The file and its location, for an error that does not name them. */
function where({ name }: Location, file: PlannedFile, { message }: Error): string {
  return message.includes(name) ? '' : `${name}: ${file.name}: `
}

/** The offers, beginning with that of the location that a part of the file is from. */
function startedFirst({ offers }: PlannedFile, locations: readonly Location[], { origin }: PartFile): readonly Offer[] {
  const isStart = (offer: Offer): boolean => locations[offer.location]?.name === origin?.location
  return [...offers.filter(isStart), ...offers.filter((offer) => !isStart(offer))]
}

async function fetchFrom(
  location: Location,
  offer: Offer,
  file: PlannedFile,
  part: PartFile,
  target: string,
  options: FetchOptions,
): Promise<Fetched> {
  const { name, trusted } = file
  const sha256 = trusted ?? offer.sha256
  const wanted = { name, size: offer.size, sha256 }
  for (;;) {
    await transfer(location, wanted, part, options)
    const { inherited } = part
    try {
      const checked = await check(part, file, dirname(target), { sha256, location, options })
      const found = { sha256: part.sha256(), checked, listed: sha256 !== undefined, location: location.name }
      const { size } = part
      await part.commit(target)
      return { ...found, size }
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!(error instanceof E2StoreError)) throw error
      await part.clear()
      // What an earlier run left may have been wrong, not the rest.
      if (inherited === 0) throw error
    }
  }
}

interface CheckContext {
  readonly sha256: string | undefined
  readonly location: Location
  readonly options: FetchOptions
}

/** @throws {MirrorError} `WRONG_SHA256` @throws {VerificationError} @throws {E2FormatError} */
async function check(
  part: PartFile,
  file: PlannedFile,
  folder: string,
  { sha256, location, options }: CheckContext,
): Promise<Checked> {
  const found = part.sha256()
  if (sha256 !== undefined && found !== sha256) {
    const sound = await checkContent(part.path, file, folder, options).then(
      () => ', though its content is right: the list may be of another copy of it',
      () => '',
    )
    const what = `SHA-256 is ${found}, listed is ${sha256}${sound}`
    throw new MirrorError('WRONG_SHA256', `${location.name}: ${file.name}: ${what}`)
  }
  if (sha256 !== undefined && options.checked === 'hash') return 'hash'
  await checkContent(part.path, file, folder, options)
  return 'content'
}
