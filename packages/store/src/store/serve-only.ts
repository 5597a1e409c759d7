import { isFull } from '../disk/is-full.ts'
import type { StateOfStore } from '../write/store-state.ts'

/** Do what a store has to do before it writes; if the disk has no room for that, the store opens broken and serves readers. */
export async function serveOnlyIfFull(state: StateOfStore, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isFull(error)) throw error
    state.break(error)
  }
}
