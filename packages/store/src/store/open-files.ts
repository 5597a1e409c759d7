import type { Header } from '@datastreamer/format'
import { type Clock, systemClock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import type { CommitLog } from '../commit-log/commit-log.ts'
import { mustOwnCommitLog, openCommitLog } from '../commit-log/open-commit-log.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { ReopenableFile } from '../disk/reopenable-file.ts'
import { readHeaderPage } from '../log/header-page.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { commitLogPath } from '../log/paths.ts'
import { removeNewName, WritableFile } from '../log/stream-file.ts'
import { StreamLog } from '../log/stream-log.ts'
import type { FirstRecovery } from '../recovery/first-recovery.ts'
import type { StoreEvent } from '../write/events.ts'
import type { Lock } from '../write/lock.ts'
import type { Made } from './made.ts'
import { checkIdentity, lockTarget, openFile } from './make-file.ts'
import { givenIndex, type OpenedLevel, openLevel, repairedIndex } from './open-index.ts'
import type { StoreOptions } from './store-options.ts'

/** The state of opening a store. */
export interface Opening {
  readonly disk: Disk
  readonly made: Made
  /** What to close if opening fails, the last first. */
  readonly opened: { close(): Promise<void> }[]
  /** The stream file, which holds the lock: closed last, after everything made was removed. */
  locked: DiskFile | undefined
}

/** The files of a store, locked, and the log up to the commit point of the header. */
export interface OpenedFiles {
  readonly disk: Disk
  readonly path: string
  /** The stream file, which `writable` writes. */
  readonly file: ReopenableFile
  readonly writable: WritableFile
  readonly commitLog: CommitLog
  readonly buffers: PageBuffers
  readonly log: StreamLog
  readonly index: BookmarkIndex
  /** Held in addition to the index. */
  readonly lock: Lock | undefined
  readonly firstRecovery: FirstRecovery
  readonly clock: Clock
  readonly onEvent: (event: StoreEvent) => void
}

/**
 * Open stream file, index and commit log, locked against other writers.
 *
 * @param recovered resolves when the log may be read to rebuild the index
 */
export async function openFiles(
  options: StoreOptions,
  opening: Opening,
  recovered: Promise<void>,
): Promise<OpenedFiles & { readonly header: Header }> {
  const { disk, made, opened } = opening
  const { file: path, clock = systemClock, onEvent = () => {} } = options
  let level: OpenedLevel | undefined
  const lockIndex = async (): Promise<void> => {
    if (options.index !== undefined || level !== undefined) return
    await mustOwnCommitLog(disk, path, opening.locked)
    level = await openLevel(path, made, clock)
    opened.push(level.level)
  }
  const { file: locked, reach } = await openFile(options, opening, lockIndex)
  opening.locked = locked
  const file = new ReopenableFile(locked)
  const { header, base } = await readHeaderPage(file, path, options)
  checkIdentity(path, header, options)
  await removeNewName(disk, path, file)
  if (reach === 'this-process') onEvent({ event: 'lock-limited', file: path })
  await lockIndex()
  if (options.index !== undefined) opened.push(options.index)
  const lock = options.index === undefined ? await lockTarget(path, made) : undefined
  if (lock !== undefined) opened.push(lock)

  if (!(await disk.exists(commitLogPath(path)))) made.add(() => disk.remove(commitLogPath(path)))
  const commitLog = await openCommitLog(disk, path, 'create', { file: locked, base })
  opened.push(commitLog)
  const writable = new WritableFile(file, header, base)
  const buffers = new PageBuffers()
  const log = new StreamLog({ file, path, header, base, buffers, clock })
  const { index, firstRecovery } =
    level === undefined
      ? givenIndex(options.index as BookmarkIndex, log)
      : repairedIndex(level, log, recovered, clock, onEvent)
  // Closed before the LevelDB that it repairs.
  opened.push(index)
  return { disk, path, file, header, writable, commitLog, buffers, log, index, lock, firstRecovery, clock, onEvent }
}
