import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { BookmarkList } from '../bookmarks/bookmark-list.ts'
import { DiskError } from '../disk/errors.ts'
import { messageOf } from '../disk/message-of.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { StreamLog } from '../log/stream-log.ts'
import type { Checkpointer } from './checkpointer.ts'
import type { FileWatch } from './file-watch.ts'
import type { LogWriter } from './log-writer.ts'
import { newBookmarks } from './new-bookmarks.ts'
import type { StateOfStore } from './store-state.ts'

export interface GroupCommitParts {
  readonly log: StreamLog
  readonly index: BookmarkIndex
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly fileWatch: FileWatch
  readonly state: StateOfStore
}

/** Makes a commit group durable, and then visible. docs/spec/stream-file.md §6. */
export class GroupCommit {
  readonly #parts: GroupCommitParts

  constructor(parts: GroupCommitParts) {
    this.#parts = parts
  }

  /**
   * Write everything up to `point`, and make it the commit point of the file.
   *
   * @returns the bookmarks among it, for {@link publish}
   * @throws {DiskError} nothing of it is committed, except perhaps on `OUTCOME_UNKNOWN`
   */
  async write(point: CommitPoint): Promise<BookmarkList> {
    const { log, index, checkpointer, fileWatch, state } = this.#parts
    if (state.broken !== undefined) throw state.broken
    await fileWatch.mustBeSound()
    if (index.failed) await checkpointer.alone(() => index.repair())
    await index.writable()
    const bookmarks = await newBookmarks(log, point)
    if (point.totalEntries > log.header.totalEntries) await this.#write(point)
    return bookmarks
  }

  /** Make what was written up to `point` visible to readers. */
  publish(point: CommitPoint, bookmarks: BookmarkList): void {
    const { log, index } = this.#parts
    index.put(bookmarks)
    log.advance(point)
  }

  /** Write, and check before anyone is notified that the files are still at their paths. */
  async #write(point: CommitPoint): Promise<void> {
    const { writer, fileWatch, state } = this.#parts
    await writer.commit(point)
    try {
      await fileWatch.mustStillBeSound()
    } catch (cause) {
      state.break(cause)
      throw new DiskError(
        'OUTCOME_UNKNOWN',
        `the commit went into a file that was removed or replaced:  ${messageOf(cause)}`,
        { cause },
      )
    }
  }
}
