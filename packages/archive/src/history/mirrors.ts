import { type LocationCode, LocationError } from '@datastreamer/e2store/location'
import type { Objects } from '@datastreamer/e2store/objects'
import { invariant, type Signal, type StreamError } from '@datastreamer/format'
import { abortLike, throwIfAborted } from '../abort.ts'
import { SegmentError } from '../errors.ts'
import { HistoryError } from '../leaf/history-error.ts'
import { NoteError, TreeError } from '../tlog/errors.ts'
import type { OnNotice } from './history-notice.ts'
import type { Pace } from './pace.ts'

/** An object of a history, or a range of it. */
export interface ObjectWanted {
  readonly key: string
  /** Bytes from position `from` to before `to`, of an object of `size` bytes (default: all of it). */
  readonly range?: { readonly from: number; readonly to: number; readonly size: number }
  /** Most bytes that it can have. */
  readonly maxBytes: number
  /** Whether it changes, so that caches have to ask for what is new (default false). */
  readonly revalidate?: boolean
}

/** An object, and what is made of its bytes. */
export interface Wanted<T> extends ObjectWanted {
  /**
   * Throws a {@link HistoryError}, `NoteError`, `TreeError` or `SegmentError` if the bytes are not what they have to
   * be.
   */
  readonly check: (bytes: Uint8Array) => T | Promise<T>
}

/** The bytes of an object of one mirror; `undefined` if it does not have it. @throws {HistoryError} */
export type Fetch = (wanted: ObjectWanted) => Promise<Uint8Array | undefined>

export interface MirrorOptions {
  /** How often something that should be there, and is not, is asked for again. */
  readonly missingRetries: number
  readonly onNotice: OnNotice
  readonly pace: Pace
}

/** What one mirror has. */
export type Reading<T> = { readonly base: Objects } & ({ readonly value: T } | { readonly error: HistoryError })

/** How a place says that it has an object, but not with these bytes. */
const OTHER_BYTES: ReadonlySet<LocationCode> = new Set(['BAD_ANSWER', 'TOO_LARGE'])

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
   * What is under a key, checked. A mirror that has it wrong is asked once more, past caches; what no mirror has is
   * waited for, for a bounded time: caches remember for a while that something was not there.
   *
   * @throws {HistoryError} `MISSING`, `UNREACHABLE`, `WRONG_CONTENT`, or what `check` throws
   */
  read<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<T> {
    return this.readTogether(wanted.key, checked(wanted), signal)
  }

  /** As {@link read}, of several objects, all of them from one mirror. @param what they are, for messages */
  async readTogether<T>(what: string, work: (fetch: Fetch) => Promise<T>, signal: Signal | undefined): Promise<T> {
    for (let round = 1; ; round++) {
      const found = await this.#tryAll(what, work, signal)
      if ('value' in found) return found.value
      const missing = found.errors.find(({ code }) => code === 'MISSING')
      if (missing === undefined || round > this.#options.missingRetries) throw worstOf(found.errors)
      this.#notify(what, missing)
      await this.#options.pace.wait(round, signal)
    }
  }

  /** As {@link read}, of something that need not be there: `undefined` if no mirror has it. It is not waited for. */
  async readIfThere<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<T | undefined> {
    const found = await this.#tryAll(wanted.key, checked(wanted), signal)
    if ('value' in found) return found.value
    if (found.errors.every(({ code }) => code === 'MISSING')) return undefined
    throw worstOf(found.errors)
  }

  /** What each mirror has under a key, checked; some of them may have failed. */
  readAll<T>(wanted: Wanted<T>, signal: Signal | undefined): Promise<readonly Reading<T>[]> {
    return Promise.all(this.#bases.map((base) => this.#try(base, wanted.key, checked(wanted), signal)))
  }

  async #tryAll<T>(
    what: string,
    work: (fetch: Fetch) => Promise<T>,
    signal: Signal | undefined,
  ): Promise<{ readonly value: T } | { readonly errors: readonly HistoryError[] }> {
    const errors: HistoryError[] = []
    for (const base of this.#bases) {
      const found = await this.#try(base, what, work, signal)
      if ('value' in found) {
        this.prefer(base)
        return found
      }
      errors.push(found.error)
    }
    return { errors }
  }

  async #try<T>(
    base: Objects,
    what: string,
    work: (fetch: Fetch) => Promise<T>,
    signal: Signal | undefined,
  ): Promise<Reading<T>> {
    for (let reload = false; ; reload = true) {
      try {
        return { base, value: await work((wanted) => fetchFrom(base, wanted, reload, signal)) }
      } catch (error) {
        throwIfAborted(signal)
        if (!isAboutContent(error)) throw error
        const named = namedAfter(base, what, error)
        if (reload || named.code === 'MISSING' || named.code === 'UNREACHABLE') return { base, error: named }
        this.#notify(what, named)
      }
    }
  }

  #notify(key: string, error: HistoryError): void {
    this.#options.onNotice({ code: 'RETRIED', message: error.message, key, error })
  }
}

async function fetchFrom(
  base: Objects,
  { key, range, maxBytes, revalidate }: ObjectWanted,
  reload: boolean,
  signal: Signal | undefined,
): Promise<Uint8Array | undefined> {
  const options = { reload, signal: abortLike(signal) }
  try {
    if (range === undefined) return await base.get(key, { ...options, maxBytes, revalidate })
    return await base.getRange(key, range.from, range.to, { ...options, size: range.size })
  } catch (error) {
    throwIfAborted(signal)
    if (!(error instanceof LocationError)) throw error
    const code = OTHER_BYTES.has(error.code) ? 'WRONG_CONTENT' : 'UNREACHABLE'
    throw new HistoryError(code, error.message, { key, cause: error, retryable: error.retryable })
  }
}

/** The work that is to have one object. */
function checked<T>(wanted: Wanted<T>): (fetch: Fetch) => Promise<T> {
  return async (fetch) => {
    const bytes = await fetch(wanted)
    if (bytes === undefined) throw new HistoryError('MISSING', `there is no ${wanted.key}`, { key: wanted.key })
    return wanted.check(bytes)
  }
}

/** Whether an error says that bytes are not there, or not what they have to be. */
function isAboutContent(error: unknown): error is StreamError {
  return [HistoryError, NoteError, SegmentError, TreeError].some((kind) => error instanceof kind)
}

function namedAfter(base: Objects, what: string, error: StreamError): HistoryError {
  const message = `${base.name}: ${error.message}`
  if (error instanceof HistoryError) {
    return new HistoryError(error.code, message, { key: error.key ?? what, cause: error, retryable: error.retryable })
  }
  const key = (error instanceof TreeError ? error.path : undefined) ?? what
  const named = error.message.includes(key) ? message : `${base.name}: ${key}: ${error.message}`
  const isMissing = error instanceof TreeError && error.code === 'MISSING'
  return new HistoryError(isMissing ? 'MISSING' : 'WRONG_CONTENT', named, { key, cause: error })
}

/** What may pass first, then what is wrong, then what is missing. */
export function worstOf(errors: readonly HistoryError[]): HistoryError {
  const passing = errors.find(({ code, retryable }) => code === 'UNREACHABLE' && retryable)
  const worst = passing ?? errors.find(({ code }) => code !== 'MISSING') ?? errors[0]
  invariant(worst !== undefined, 'a history has a mirror')
  return worst
}
