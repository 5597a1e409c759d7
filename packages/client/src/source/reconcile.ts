import { createHash } from 'node:crypto'
import { type Entry, encodeEntry } from '@datastreamer/format'
import { SourceConflictError } from './source-errors.ts'

/** A state that the stream can be in, as far as its source knows. */
export interface KnownState {
  readonly totalEntries: bigint
  /** The last entry, or its digest; `undefined` if it is not known. */
  readonly last: Entry | Uint8Array | undefined
}

/**
 * Find out how many of the unacknowledged operations are in the stream. docs/spec/source-protocol.md §7.
 *
 * @param states what was acknowledged, and what that becomes with each operation after it
 * @returns the index of the state that the stream is in
 * @throws {SourceConflictError} if it is in none of them
 */
export function reconcile(
  states: readonly KnownState[],
  found: { readonly totalEntries: bigint; readonly digest: Uint8Array },
): number {
  const { totalEntries: expected = 0n } = states[0] ?? {}
  const index = states.findLastIndex(({ totalEntries }) => totalEntries === found.totalEntries)
  const state = states[index]
  if (state === undefined) {
    const code = found.totalEntries < expected ? 'ENTRIES_MISSING' : 'ENTRIES_UNKNOWN'
    throw new SourceConflictError(code, expected, found.totalEntries)
  }
  const digest = digestOf(state.last)
  if (digest !== undefined && Buffer.compare(digest, found.digest) !== 0) {
    throw new SourceConflictError('LAST_ENTRY_DIFFERS', expected, found.totalEntries)
  }
  return index
}

/** States without what is known of entries before `updatedBefore`, which may have been overwritten. */
export function forgetful(states: readonly KnownState[], updatedBefore: bigint): readonly KnownState[] {
  return states.map((state) => (state.totalEntries <= updatedBefore ? { ...state, last: undefined } : state))
}

/** What a welcome shows of the last entry. docs/spec/source-protocol.md §3. */
export function digestOf(last: KnownState['last']): Uint8Array | undefined {
  if (last === undefined || last instanceof Uint8Array) return last
  return createHash('sha256').update(encodeEntry(last)).digest()
}
