import type { CommitResult, StreamWriter } from '@datastreamer/format/source'
import { RefusedError } from '../disk/errors.ts'

/** An open operation, for the function that fills it. */
export interface AtomicOperation {
  /** Add an entry; returns the number that it will have. @throws as `addStreamEntry` */
  addEntry(type: number, data: Uint8Array): bigint
  /** Add a bookmark of 1 to 16 bytes; returns the number of its entry. @throws as `addStreamBookmark` */
  addBookmark(bookmark: Uint8Array): bigint
  /** Resolves when adding more will not pile up in memory; to be awaited now and then by those who add a lot. */
  writable(): Promise<void>
}

/** Commit what `fill` adds as one operation; roll it back if that throws. */
export async function atomic(
  store: StreamWriter,
  fill: (operation: AtomicOperation) => Promise<void> | void,
): Promise<CommitResult> {
  store.startAtomicOp()
  let isOpen = true
  const checkOpen = (): void => {
    if (!isOpen) throw new RefusedError('NO_ATOMIC_OP', 'the operation of this function has ended')
  }
  try {
    await fill({
      addEntry(type, data) {
        checkOpen()
        return store.addStreamEntry(type, data)
      },
      addBookmark(bookmark) {
        checkOpen()
        return store.addStreamBookmark(bookmark)
      },
      async writable() {
        checkOpen()
        await store.writable()
      },
    })
  } catch (error) {
    try {
      store.rollbackAtomicOp()
    } catch {
      // Closing the store has rolled it back already.
    }
    throw error
  } finally {
    isOpen = false
  }
  return store.commitAtomicOp()
}
