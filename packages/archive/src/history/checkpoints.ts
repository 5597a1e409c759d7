import type { Signal } from '@datastreamer/format'
import type { VerifierKey } from '@datastreamer/format/signing'
import { HistoryError } from '../leaf/history-error.ts'
import { sameBytes } from '../segment/point.ts'
import { parseCheckpoint } from '../tlog/checkpoint.ts'
import { NoteError } from '../tlog/errors.ts'
import { MAX_NOTE_BYTES, openNote, parseNote } from '../tlog/note.ts'
import { fromUtf8 } from '../tlog/text.ts'
import type { OnNotice } from './history-notice.ts'
import { type Mirrors, type Reading, worstOf } from './mirrors.ts'
import type { KnownCheckpoint } from './snapshot.ts'

const KEY = 'checkpoint'

type Found = Extract<Reading<KnownCheckpoint>, { readonly value: unknown }>

/** Reads signed roots. docs/spec/history.md §2. */
export class Checkpoints {
  readonly #mirrors: Mirrors
  readonly #keys: readonly VerifierKey[]
  readonly #onNotice: OnNotice

  /** @param keys of which one has to have signed; none: signatures are not looked at */
  constructor(mirrors: Mirrors, keys: readonly VerifierKey[], onNotice: OnNotice) {
    this.#mirrors = mirrors
    this.#keys = keys
    this.#onNotice = onNotice
  }

  /** Verify a note. @throws {HistoryError} `OTHER_ORIGIN`, `UNTRUSTED` @throws {NoteError} @throws {KeyError} */
  async open(bytes: Uint8Array): Promise<KnownCheckpoint> {
    const { origin, size, root } = parseCheckpoint(parseNote(bytes).text)
    await this.#checkSigned(bytes, origin)
    return { origin, size: Number(size), root, note: fromUtf8(bytes) ?? '' }
  }

  async #checkSigned(bytes: Uint8Array, origin: string): Promise<void> {
    if (this.#keys.length === 0) return
    const names = [...new Set(this.#keys.map(({ name }) => name))]
    if (!names.includes(origin)) {
      const message = `the checkpoint is of the log ${JSON.stringify(origin)}, expected ${names.join(' or ')}`
      throw new HistoryError('OTHER_ORIGIN', message, { key: KEY })
    }
    try {
      await openNote(bytes, this.#keys)
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      throw new HistoryError('UNTRUSTED', `the checkpoint: ${error.message}`, { key: KEY, cause: error })
    }
  }

  /** The newest that a mirror has. @throws {HistoryError} `NO_HISTORY`, `FORKED`, and as {@link open} */
  async newest(signal: Signal | undefined): Promise<KnownCheckpoint> {
    const check = (note: Uint8Array): Promise<KnownCheckpoint> => this.open(note)
    const wanted = { key: KEY, maxBytes: MAX_NOTE_BYTES, revalidate: true, check }
    const read = await this.#mirrors.readAll(wanted, signal)
    let newest: Found | undefined
    const errors: HistoryError[] = []
    for (const found of read) {
      if ('error' in found) {
        errors.push(found.error)
        continue
      }
      if (newest?.value.size === found.value.size) checkSame(newest.value, found.value)
      if (newest === undefined || found.value.size > newest.value.size) newest = found
    }
    if (newest !== undefined) {
      for (const error of errors) this.#onNotice({ code: 'RETRIED', message: error.message, key: KEY, error })
      this.#mirrors.prefer(newest.base)
      return newest.value
    }
    if (errors.some(({ code }) => code !== 'MISSING')) throw worstOf(errors)
    const names = read.map(({ base }) => base.name).join(', ')
    throw new HistoryError('NO_HISTORY', `no checkpoint at ${names}`, { key: KEY, retryable: true })
  }
}

/** Throw unless two checkpoints of one size are of the same log. @throws {HistoryError} `FORKED` */
export function checkSame(a: KnownCheckpoint, b: KnownCheckpoint): void {
  if (!sameBytes(a.root, b.root)) throw forked(a, b, 'are of two logs of the same size')
}

export function forked(seen: KnownCheckpoint, found: KnownCheckpoint, how: string): HistoryError {
  const message = `the log was forked: the checkpoints of ${seen.size} and ${found.size} leaves ${how}`
  return new HistoryError('FORKED', message, { notes: [seen.note, found.note] })
}

export function late(seen: KnownCheckpoint, found: KnownCheckpoint): HistoryError {
  const message = `a checkpoint of ${found.size} leaves, one of ${seen.size} was seen before`
  return new HistoryError('LATE', message, { notes: [seen.note, found.note], retryable: true })
}
