import type { CommitResult, StreamWriter } from '@datastreamer/format/source'
import { RefusedError } from '../disk/errors.ts'

/** The open operation, as the function that fills it sees it. */
export interface AtomicOperation {
  /** Add an entry; returns its number. @throws as `addStreamEntry` */
  addEntry(type: number, data: Uint8Array): bigint
  /** Add a bookmark of 1 to 16 bytes; returns the number of its entry. @throws as `addStreamBookmark` */
  addBookmark(bookmark: Uint8Array): bigint
  /** Resolves when memory has room for more; to be awaited now and then when adding a lot. */
  writable(): Promise<void>
}

/** Commit what `fill` adds as one operation; roll it back if `fill` throws. */
export async function atomic(
  store: StreamWriter,
  fill: (operation: AtomicOperation) => Promise<void> | void,
): Promise<CommitResult> {
  store.startAtomicOp()
  let isOpen = true
  const checkOpen = (): void => {
    if (!isOpen) throw new RefusedError('NO_ATOMIC_OP', 'the operation of this call has ended')
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
