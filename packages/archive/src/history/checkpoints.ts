import type { Signal } from '@datastreamer/format'
import { sameBytes } from '../digest-chain.ts'
import { HistoryError } from '../leaf/history-error.ts'
import type { OnNotice } from './history-notice.ts'
import { openCheckpoint, type VerifierKey } from './interim.ts'
import { type Mirrors, type Reading, worstOf } from './mirrors.ts'
import type { KnownCheckpoint } from './snapshot.ts'

const KEY = 'checkpoint'
/** Most bytes of a checkpoint. docs/spec/history.md §2. */
const MAX_NOTE_BYTES = 65_536

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

  /** Verify a note. @throws {HistoryError} `OTHER_ORIGIN`, `WRONG_CONTENT` */
  async open(note: Uint8Array): Promise<KnownCheckpoint> {
    return { ...(await openCheckpoint(note, this.#keys)), note }
  }

  /** The newest that a mirror has. @throws {HistoryError} `NO_HISTORY`, `FORKED`, and as {@link open} */
  async newest(signal: Signal | undefined): Promise<KnownCheckpoint> {
    const check = (note: Uint8Array): Promise<KnownCheckpoint> => this.open(note)
    const wanted = { key: KEY, maxBytes: MAX_NOTE_BYTES, revalidate: true, check }
    const read = await this.#mirrors.readAll(wanted, signal)
    let newest: Extract<Reading<KnownCheckpoint>, { readonly value: unknown }> | undefined
    for (const found of read) {
      if (!('value' in found)) continue
      if (newest?.value.size === found.value.size) checkSame(newest.value, found.value)
      if (newest === undefined || found.value.size > newest.value.size) newest = found
    }
    const failures = read.filter((found) => 'error' in found)
    if (newest !== undefined) {
      for (const { error } of failures) {
        this.#onNotice({ code: 'RETRIED', message: error.message, key: KEY, error })
      }
      this.#mirrors.prefer(newest.base)
      return newest.value
    }
    if (failures.some(({ kind }) => kind !== 'missing')) throw worstOf(failures)
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
