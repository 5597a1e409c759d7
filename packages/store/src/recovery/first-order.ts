import type { OrderInput } from './bring-in-order.ts'

/** The first recovery of a store, which is still to be done if the disk was full when the store was opened. */
export interface FirstOrder {
  isDone: boolean
  readonly indexedEntries: OrderInput['indexedEntries']
  /** To be called when the files are recovered for the first time. */
  finish(): Promise<void>
}
