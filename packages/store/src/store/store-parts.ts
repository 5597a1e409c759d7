import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { ReopenableFile } from '../disk/reopenable-file.ts'
import type { PageBuffers } from '../log/page-buffers.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { OrderInput } from '../recovery/bring-in-order.ts'
import type { ScrubOptions } from '../scrub/scrubber.ts'
import type { Checkpointer } from '../write/checkpointer.ts'
import type { StoreEvent } from '../write/events.ts'
import type { LogWriter } from '../write/log-writer.ts'
import type { CommitGroup } from '../write/operation.ts'
import type { PlaceWatch } from '../write/place-watch.ts'
import type { StateOfStore } from '../write/store-state.ts'
import type { UpdateInput } from '../write/update.ts'
import type { Made } from './made.ts'

/** Keeps others from writing a file. */
export interface Lock {
  /** Whether its name still leads to what is locked. @throws what the system says */
  isInPlace(): Promise<boolean>
  close(): Promise<void>
}

/** What a store is put together from; see `openStore`. */
export interface StoreParts extends UpdateInput {
  /** The stream file, that {@link UpdateInput.writable} writes. */
  readonly file: ReopenableFile
  /** 16 bytes that the file begins with, if they are not the usual ones. */
  readonly magic: Uint8Array | undefined
  readonly state: StateOfStore
  /** Milliseconds until a store that broke is opened anew, after so many tries in vain. */
  readonly reopenDelayMs: (tries: number) => number
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** Held beside the index. */
  readonly lock?: Lock | undefined
  readonly made: Made
  readonly buffers: PageBuffers
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly place: PlaceWatch
  readonly firstOrder: FirstOrder
  readonly limits: StoreLimits
  /** How committed bytes are compared with their checksums in the background, if they are. */
  readonly scrub?: ScrubOptions | undefined
  readonly onEvent: (event: StoreEvent) => void
  readonly onCommit: (group: CommitGroup) => void
}

/** What is left to be done once of a store that was opened without room for it. */
export interface FirstOrder {
  isDone: boolean
  readonly indexedEntries: OrderInput['indexedEntries']
  /** To be called when the files are in order for the first time. */
  finish(): Promise<void>
}

export interface StoreLimits {
  /** Newest bytes kept in memory for readers, in pages of 1 MiB. */
  readonly tailPages: number
  /** Bytes of an open operation that are kept in memory before whole pages of it go to disk. */
  readonly spillBytes: number
  /** Bytes that may wait for the disk before adding more is refused. */
  readonly maxPendingBytes: number
}
