import { type OperationSource, type Signal, sameEntry } from '@datastreamer/format'
import { ChainError } from '../errors.ts'
import type { RestoreResult, RestoreTarget } from './restore-archive.ts'

export interface RestoreHistoryOptions {
  readonly signal?: Signal | undefined
  /** Called with the number of the next entry. */
  readonly onProgress?: ((nextEntry: bigint) => void) | undefined
}

/** Commits that may wait for the disk at a time. */
const MAX_WAITING = 1000

/**
 * Write a history into a stream, operation by operation. A stream that holds its beginning is continued, if its last entry is
 * the history's; so an interrupted call is completed by making it again. What comes after the history's last operation boundary is
 * left out.
 *
 * @throws {ChainError} `TARGET_DIFFERS`
 * @throws what the history and the target throw
 */
export async function restoreHistory(
  history: OperationSource,
  target: RestoreTarget,
  { signal, onProgress }: RestoreHistoryOptions = {},
): Promise<RestoreResult> {
  const { totalEntries: before } = await target.getHeader()
  const { totalEntries: end } = await history.getHeader()
  if (before > 0n) await compareLast(history, target, before < end ? before : end, signal)
  if (before >= end) return { before, after: before }
  const writer = new RestoreWriter(target)
  try {
    for await (const event of history.operations({ from: before, follow: false, signal })) {
      if (event.kind === 'entries') {
        for (const { type, data } of event.entries) writer.add(type, data)
        onProgress?.((event.entries.at(-1)?.number ?? before) + 1n)
        await target.writable()
      } else if (!event.gap) await writer.commit()
    }
  } finally {
    await writer.end()
  }
  return { before, after: (await target.getHeader()).totalEntries }
}

/** Adds entries to operations that are begun when they are needed. */
class RestoreWriter {
  readonly #target: RestoreTarget
  #isOpen = false
  #waiting: Promise<unknown>[] = []

  constructor(target: RestoreTarget) {
    this.#target = target
  }

  add(type: number, data: Uint8Array): void {
    if (!this.#isOpen) this.#target.startAtomicOp()
    this.#isOpen = true
    this.#target.addStreamEntry(type, data)
  }

  async commit(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#waiting.push(this.#target.commitAtomicOp())
    if (this.#waiting.length >= MAX_WAITING) await this.#settle()
  }

  /** Roll back what is not committed, and wait for what is. */
  async end(): Promise<void> {
    if (this.#isOpen) this.#target.rollbackAtomicOp()
    this.#isOpen = false
    await this.#settle()
  }

  async #settle(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    await Promise.all(waiting)
  }
}

/** Throw unless both have the same entry before `next`. */
async function compareLast(
  history: OperationSource,
  target: RestoreTarget,
  next: bigint,
  signal: Signal | undefined,
): Promise<void> {
  if (next === 0n) return
  const range = { from: next - 1n, to: next - 1n, follow: false, signal }
  const [ours] = await firstOf(target.batches(range))
  const [theirs] = await firstOf(history.batches(range))
  if (ours !== undefined && theirs !== undefined && sameEntry(ours, theirs)) return
  const message = `${target.name} holds another stream: its entry ${next - 1n} is another than that of ${history.name}`
  throw new ChainError('TARGET_DIFFERS', message)
}

async function firstOf<T>(batches: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  for await (const batch of batches) return batch
  return []
}
