import { type EntrySource, type Signal, sameEntry } from '@datastreamer/format'
import { ChainError } from '../errors.ts'
import type { History } from '../history/history.ts'
import { OperationWriter } from './operation-writer.ts'
import type { RestoreResult, RestoreTarget } from './restore-archive.ts'

export interface RestoreHistoryOptions {
  readonly signal?: Signal | undefined
  /** Called with the number of the next entry. */
  readonly onProgress?: ((nextEntry: bigint) => void) | undefined
}

/**
 * Write a history into a stream, operation by operation. A stream that holds its beginning is continued, if its last entry
 * is the history's; so an interrupted call is completed by making it again. What comes after the history's last operation
 * boundary is left out.
 *
 * @throws {ChainError} `TARGET_DIFFERS`
 * @throws what the history and the target throw
 */
export async function restoreHistory(
  history: Pick<History, 'name' | 'getHeader' | 'batches' | 'runs'>,
  target: RestoreTarget,
  { signal, onProgress }: RestoreHistoryOptions = {},
): Promise<RestoreResult> {
  const { totalEntries: before } = await target.getHeader()
  const { totalEntries: end } = history.getHeader()
  let shared = before
  if (shared > end) shared = end
  await compareLast(history, target, shared, signal)
  if (before >= end) return { before, after: before }
  const writer = new OperationWriter(target, before)
  try {
    for await (const run of history.runs({ from: before, signal })) {
      await writer.write(run)
      onProgress?.(writer.next)
    }
  } finally {
    writer.rollback()
  }
  return { before, after: (await target.getHeader()).totalEntries }
}

/** Throw unless both have the same entry before `next`. */
async function compareLast(
  history: Pick<EntrySource, 'name' | 'batches'>,
  target: RestoreTarget,
  next: bigint,
  signal: Signal | undefined,
): Promise<void> {
  if (next === 0n) return
  const range = { from: next - 1n, to: next - 1n, follow: false, signal }
  const [ours, theirs] = [await firstOf(target.batches(range)), await firstOf(history.batches(range))]
  if (ours !== undefined && theirs !== undefined && sameEntry(ours, theirs)) return
  const message = `${target.name} holds another stream: its entry ${next - 1n} is another than that of ${history.name}`
  throw new ChainError('TARGET_DIFFERS', message)
}

async function firstOf<T>(batches: AsyncIterable<readonly T[]>): Promise<T | undefined> {
  for await (const batch of batches) return batch[0]
  return undefined
}
