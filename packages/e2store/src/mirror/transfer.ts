import { setTimeout as sleep } from 'node:timers/promises'
import { LocationError } from '../location/errors.ts'
import type { Download, Location } from '../location/location.ts'
import { MirrorError } from './errors.ts'
import { downloadInRanges } from './in-ranges.ts'
import type { PartFile, PartOrigin } from './part-file.ts'
import { withDeadline } from './with-deadline.ts'

export interface TransferOptions {
  /**
   * Time in which some bytes have to arrive, in milliseconds (default 30,000). A location from which fewer than 4 KiB came
   * in twice this time is given up for the file.
   */
  readonly stallMs?: number | undefined
  /** Failures in a row, with fewer than 4 KiB and a quarter of the rest between them, after which a location is given up (default 4). */
  readonly tries?: number | undefined
  /** Wait in milliseconds before try `n` ≥ 1 (default: half a second, doubled each time, at most 30 s). */
  readonly backoffMs?: ((n: number) => number) | undefined
  /** Most bytes of a file whose size is not known (default 16 GiB). */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the number of bytes that have just been written. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** What is known of a file before it is fetched. */
export interface Wanted {
  readonly name: string
  readonly size: number | undefined
  readonly sha256: string | undefined
}

const MAX_BYTES = 17_179_869_184
const MAX_WAIT_MS = 60_000
/** Fewer bytes than these in two stall times are as good as none. */
const LEAST_BYTES = 4096
/** The Version record that every file of history begins with. */
const HEAD: readonly number[] = [0x65, 0x32, 0, 0, 0, 0, 0, 0]

/**
 * Fetch the rest of a file from one location into its part. What there is already is used if it is of the same version.
 *
 * @returns size of the whole file as the location says, if it does
 * @throws {MirrorError} @throws {LocationError}
 */
export async function transfer(
  location: Location,
  wanted: Wanted,
  part: PartFile,
  options: TransferOptions = {},
): Promise<number | undefined> {
  const { tries = 4, backoffMs = (n) => Math.min(250 * 2 ** n, 30_000), signal } = options
  for (let failures = 0; ; ) {
    const before = part.size
    try {
      return await fetchOnce(location, wanted, part, options)
    } catch (error) {
      signal?.throwIfAborted()
      if (!isRetryable(error)) throw error
      failures = hasProgress(part, before) ? 1 : failures + 1
      if (failures >= tries) throw error
      const asked = error instanceof LocationError ? (error.retryAfterMs ?? 0) : 0
      await sleep(Math.min(Math.max(asked, backoffMs(failures)), MAX_WAIT_MS), undefined, signal ? { signal } : {})
    }
  }
}

/** Whether enough has arrived since the part had `before` bytes: tries that bring hardly any end too. */
function hasProgress({ size, origin }: PartFile, before: number): boolean {
  const rest = (origin?.size ?? Number.POSITIVE_INFINITY) - before
  return size > before && size - before >= Math.min(LEAST_BYTES, rest / 4)
}

/** Whether bytes that are there are the start of what the location has: by its name, or by a hash that lists have. */
function canContinue(origin: PartOrigin | undefined, location: Location, { sha256 }: Wanted): boolean {
  if (origin === undefined) return false
  if (origin.sha256 !== undefined && sha256 !== undefined) return origin.sha256 === sha256
  return origin.location === location.name
}

function isRetryable(error: unknown): boolean {
  return (error instanceof LocationError || error instanceof MirrorError) && error.retryable
}

async function fetchOnce(
  location: Location,
  wanted: Wanted,
  part: PartFile,
  { stallMs = 30_000, maxBytes = MAX_BYTES, signal, onBytes }: TransferOptions,
): Promise<number | undefined> {
  const { name } = wanted
  const from = canContinue(part.origin, location, wanted) ? part.size : 0
  const validator = part.origin?.location === location.name ? part.origin.validator : undefined
  const ask = { from, ...(from > 0 && validator !== undefined && { validator }), ...(signal && { signal }) }
  const stalled = (): MirrorError => {
    return new MirrorError('STALLED', `${location.name}: ${name}: no bytes for ${stallMs / 1000} s`)
  }
  const asked = readable(location.download ? location.download(name, ask) : downloadInRanges(location, name, ask))
  await using download = await withDeadline(asked, stallMs, stalled, closeLate)
  const { size } = download
  const origin = { location: location.name, size, validator: download.validator, sha256: wanted.sha256 }
  if (from > 0 && download.from === from) await part.continueFrom(origin)
  else await part.restart(origin)
  if (download.from !== part.size) {
    const what = `bytes from ${download.from} on, asked for those from ${from} on`
    throw new MirrorError('UNREADABLE', `${location.name}: ${name}: ${what}`)
  }
  const limit = size ?? wanted.size ?? maxBytes
  const bytes = download.bytes[Symbol.asyncIterator]()
  let window = { since: performance.now(), from: part.size }
  for (;;) {
    const { value: chunk, done } = await withDeadline(readable(bytes.next()), stallMs, stalled)
    signal?.throwIfAborted()
    if (done === true) break
    const now = performance.now()
    if (part.size - window.from >= LEAST_BYTES) window = { since: now, from: part.size }
    if (now - window.since > 2 * stallMs) {
      const what = `${part.size - window.from} bytes in ${(2 * stallMs) / 1000} s`
      throw new MirrorError('TOO_SLOW', `${location.name}: ${name}: only ${what}`)
    }
    if (part.size === 0) checkHead(chunk, location, name)
    if (part.size + chunk.length > limit) {
      throw new MirrorError('TOO_LONG', `${location.name}: ${name}: more bytes than the ${limit} that it has`)
    }
    await part.write(chunk)
    onBytes?.(chunk.length)
  }
  if (size === undefined || part.size === size) return size
  throw new MirrorError('SHORT', `${location.name}: ${name}: ended after ${part.size} of ${size} bytes`)
}

/** A server may answer with a page where it has no such file. */
function checkHead(chunk: Uint8Array, location: Location, name: string): void {
  if (HEAD.every((byte, i) => i >= chunk.length || chunk[i] === byte)) return
  const what = chunk[0] === 0x3c ? 'a page' : 'something else'
  throw new MirrorError('NOT_E2STORE', `${location.name}: ${name}: the server sent ${what}, not an e2store file`)
}

/** An error of the system that is not about this folder is one of the location. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new MirrorError('UNREADABLE', error.message, { cause: error })
  }
}

async function closeLate(download: Download): Promise<void> {
  await download[Symbol.asyncDispose]()
}
