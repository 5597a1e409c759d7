import { BOOKMARK_TYPE } from '@datastreamer/format'
import type { Operation } from '@datastreamer/sequencer-entries'
import type { StreamStore } from '@datastreamer/store'

/** Commits that may wait for the disk at a time. */
const MAX_WAITING = 1000

/**
 * Commit operations one after another.
 *
 * @param onCommit called with how many are added so far
 */
export async function appendOperations(
  store: StreamStore,
  operations: Iterable<Operation>,
  onCommit: (count: number) => void = () => {},
): Promise<void> {
  let waiting: Promise<unknown>[] = []
  let count = 0
  for (const operation of operations) {
    store.startAtomicOp()
    for (const { type, data } of operation) {
      if (type === BOOKMARK_TYPE) store.addStreamBookmark(data)
      else store.addStreamEntry(type, data)
    }
    waiting.push(store.commitAtomicOp())
    count++
    if (waiting.length < MAX_WAITING) continue
    await Promise.all(waiting)
    waiting = []
    onCommit(count)
  }
  await Promise.all(waiting)
}
