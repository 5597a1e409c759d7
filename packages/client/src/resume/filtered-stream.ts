import type { Entry, Progress } from '@datastreamer/format'
import type { Checkpoint } from '../checkpoint.ts'
import { ProtocolError } from '../errors.ts'
import { RewrittenError } from './rewritten.ts'

/** What to do with a run of entries. */
export interface Accepted {
  /** Those to deliver. */
  readonly fresh: readonly Entry[]
  /** What is wrong with the one after them. */
  readonly broken: ProtocolError | undefined
}

/**
 * One connection that was asked for entries of some types: it begins with a progress, which proves that the stream is still
 * the one that was read; numbers go up. docs/spec/protocol.md §11.
 */
export class FilteredStream {
  readonly #types: ReadonlySet<number>
  /** Digest, in hex, of the entry before the first; `undefined` if it is not known. */
  readonly #digest: string | undefined
  #begun = false

  constructor(types: ReadonlySet<number>, digest: string | undefined) {
    this.#types = types
    this.#digest = digest
  }

  /** Whether the progress that it begins with came. */
  get begun(): boolean {
    return this.#begun
  }

  /** Check entries that came. @param next number up to which everything was passed */
  check(entries: readonly Entry[], next: bigint | undefined): Accepted {
    if (!this.#begun || next === undefined) return { fresh: [], broken: unexpected('an entry before a progress') }
    let from = next
    let count = 0
    for (const { number, type } of entries) {
      const isBack = number < from
      if (isBack || !this.#types.has(type)) {
        const broken = isBack ? wentBack('entry', number, from) : unexpected(`entry ${number} of type ${type}`)
        return { fresh: entries.slice(0, count), broken }
      }
      from = number + 1n
      count++
    }
    return { fresh: entries, broken: undefined }
  }

  /**
   * Take a progress in.
   *
   * @param next number up to which everything was passed; `undefined` if the stream begins at a bookmark
   * @param totalEntries of the stream, for the error
   * @returns what to hold of the entry before it; `undefined` if there is none
   * @throws {ProtocolError} if it goes back, or the stream begins elsewhere
   * @throws {RewrittenError} if the stream begins after another entry
   */
  pass(progress: Progress, next: bigint | undefined, totalEntries: bigint): Checkpoint | undefined {
    const { nextEntry } = progress
    if (next !== undefined && (nextEntry < next || (!this.#begun && nextEntry !== next))) {
      throw wentBack('a progress to', nextEntry, next)
    }
    const digest = Buffer.from(progress.digest).toString('hex')
    if (!this.#begun && this.#digest !== undefined && digest !== this.#digest) {
      throw new RewrittenError(`${nextEntry - 1n}:${digest}`, nextEntry - 1n, totalEntries)
    }
    this.#begun = true
    return nextEntry === 0n ? undefined : `${nextEntry - 1n}:${digest}`
  }
}

function wentBack(what: string, found: bigint, next: bigint): ProtocolError {
  return new ProtocolError('GAP', `the server sent ${what} ${found}, expected ${next} or more`)
}

function unexpected(what: string): ProtocolError {
  return new ProtocolError('UNEXPECTED_PACKET', `the server sent ${what}, unasked`)
}
