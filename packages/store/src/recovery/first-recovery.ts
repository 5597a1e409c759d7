import type { RecoverFilesInput } from './recover-files.ts'

/** The first recovery of a store, which is still to be done if the disk was full when the store was opened. */
export interface FirstRecovery {
  isDone: boolean
  readonly indexedEntries: RecoverFilesInput['indexedEntries']
  /** To be called when the files are recovered for the first time. */
  finish(): Promise<void>
}
