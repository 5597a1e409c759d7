import type { OrderInput } from './bring-in-order.ts'

/** What is left to be done once of a store that was opened without room for it. */
export interface FirstOrder {
  isDone: boolean
  readonly indexedEntries: OrderInput['indexedEntries']
  /** To be called when the files are in order for the first time. */
  finish(): Promise<void>
}
