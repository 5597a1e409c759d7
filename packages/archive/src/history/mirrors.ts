import { type LocationCode, LocationError } from '@datastreamer/e2store/location'
import type { Objects } from '@datastreamer/e2store/objects'
import { InternalError, invariant, type Signal, StreamError } from '@datastreamer/format'
import { abortLike, throwIfAborted } from '../abort.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { OnNotice } from './history-notice.ts'
import type { Pace } from './pace.ts'

/** Something that a history has to have. */
export interface Wanted<T> {
  readonly key: string
  /** Bytes from position `from` to before `to` (default: all of it). */
  readonly range?: { readonly from: number; readonly to: number; readonly size: number }
  /** Most bytes that it can have. */
  readonly maxBytes: number
  /** Whether it changes, so that caches have to ask for what is new (default false). */
  readonly revalidate?: boolean
  /** Throws what is a {@link StreamError} if these are not the bytes. */
  readonly check: (bytes: Uint8Array) => T | Promise<T>
}

export interface MirrorOptions {
  /** How often something that should be there, and is not, is asked for again. */
  readonly missingRetries: number
  readonly onNotice: OnNotice
  readonly pace: Pace
}

/** How a place says that it has an object, but not with these bytes. */
const OTHER_BYTES: ReadonlySet<LocationCode> = new Set(['BAD_ANSWER', 'TOO_LARGE'])

type Failure = { readonly kind: 'missing' | 'wrong' | 'failed'; readonly error: HistoryError }

/** What one mirror has. */
export type Reading<T> = { readonly base: Objects } & ({ readonly value: T } | Failure)

/** One or several copies of a history: what one does not have, or has wrong, is read from the next. */
export class Mirrors {
  readonly #options: MirrorOptions
  /** The one that answered last is asked first. */
  #bases: readonly Objects[]

  constructor(bases: readonly Objects[], options: MirrorOptions) {
    this.#bases = bases
    this.#options = options
  }

  /** Ask this one first from now on. */
  prefer(base: Objects): void {
    if (this.#bases[0] !== base) this.#bases = [base, ...this.#bases.filter((other) => other !== base)]
  }

  /**
   * What is under a key, checked. A mirror that has it wrong is asked once more, past caches; what no mirror has is waited
   * for, for a bounded time: caches remember for a while that something was not there.
   *
   * @throws {HistoryError} `MISSING`, `UNREACHABLE`, `WRONG_CONTENT`, or what `check` says
   */
  async read<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<T> {
    for (let round = 1; ; round++) {
      const found = await this.#tryAll(wanted, signal)
      if ('value' in found) return found.value
      const missing = found.failures.some(({ kind }) => kind === 'missing')
      if (!missing || round > this.#options.missingRetries) throw worstOf(found.failures)
      this.#notify(wanted.key, `${wanted.key} is not there yet`, found.failures[0]?.error)
      await this.#options.pace.wait(round, signal)
    }
  }

  /** As {@link read}, of something that need not be there: `undefined` if no mirror has it. It is not waited for. */
  async readIfThere<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<T | undefined> {
    const found = await this.#tryAll(wanted, signal)
    if ('value' in found) return found.value
    if (found.failures.every(({ kind }) => kind === 'missing')) return undefined
    throw worstOf(found.failures)
  }

  /** What each mirror has under a key, checked; of some of them it may be a failure. */
  readAll<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<readonly Reading<T>[]> {
    return Promise.all(
      this.#bases.map(async (base) => ({ base, ...(await this.#try(base, wanted, signal)) })),
    )
  }

  async #tryAll<T>(
    wanted: Wanted<T>,
    signal: Signal | undefined,
  ): Promise<{ readonly value: T } | { readonly failures: readonly Failure[] }> {
    const failures: Failure[] = []
    for (const base of this.#bases) {
      const found = await this.#try(base, wanted, signal)
      if ('value' in found) {
        this.prefer(base)
        return found
      }
      failures.push(found)
    }
    return { failures }
  }

  async #try<T>(
    base: Objects,
    wanted: Wanted<T>,
    signal: Signal | undefined,
  ): Promise<{ readonly value: T } | Failure> {
    const { key } = wanted
    let wrong: HistoryError | undefined
    for (const reload of [false, true]) {
      const bytes = await fetchFrom(base, wanted, reload, signal)
      if (bytes instanceof HistoryError) {
        if (bytes.code === 'UNREACHABLE') return { kind: 'failed', error: bytes }
        wrong = bytes
        continue
      }
      if (bytes === undefined) {
        return { kind: 'missing', error: new HistoryError('MISSING', `${base.name}: no ${key}`, { key }) }
      }
      try {
        return { value: await wanted.check(bytes) }
      } catch (error) {
        if (!(error instanceof StreamError) || error instanceof InternalError) throw error
        const code = error instanceof HistoryError ? error.code : 'WRONG_CONTENT'
        wrong = new HistoryError(code, `${base.name}: ${error.message}`, { key, cause: error })
        if (!reload) this.#notify(key, wrong.message, wrong)
      }
    }
    invariant(wrong !== undefined, `${key} was not read`)
    return { kind: 'wrong', error: wrong }
  }

  #notify(key: string, message: string, error: unknown): void {
    this.#options.onNotice({ code: 'RETRIED', message, key, error })
  }
}

/** What is under a key, `undefined` if there is nothing, or what hindered the reading. */
async function fetchFrom<T>(
  base: Objects,
  { key, range, maxBytes, revalidate }: Wanted<T>,
  reload: boolean,
  signal: Signal | undefined,
): Promise<Uint8Array | HistoryError | undefined> {
  const options = { reload, signal: abortLike(signal) }
  try {
    if (range === undefined) return await base.get(key, { ...options, maxBytes, revalidate })
    return await base.getRange(key, range.from, range.to, { ...options, size: range.size })
  } catch (error) {
    throwIfAborted(signal)
    if (!(error instanceof LocationError)) throw error
    const code = OTHER_BYTES.has(error.code) ? 'WRONG_CONTENT' : 'UNREACHABLE'
    return new HistoryError(code, error.message, { key, cause: error, retryable: error.retryable })
  }
}

/** What may pass first, then what is wrong, then what is missing. */
export function worstOf(failures: readonly Failure[]): HistoryError {
  const failed = failures.find(({ kind, error }) => kind === 'failed' && error.retryable)
  const worst = failed ?? failures.find(({ kind }) => kind !== 'missing') ?? failures[0]
  invariant(worst !== undefined, 'a history has a mirror')
  return worst.error
}
