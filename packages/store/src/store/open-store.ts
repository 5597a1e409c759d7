import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PAGE_BYTES } from '@datastreamer/format'
import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { claimFolder, removeLevelFolder } from '../bookmarks/level-folder.ts'
import { mustOwnCommitLog, openCommitLog } from '../commit-log/open-commit-log.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { exists } from '../disk/exists.ts'
import { isFull } from '../disk/is-full.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type LockedFile, openLocked } from '../disk/open-locked.ts'
import { ReopenableFile } from '../disk/reopenable-file.ts'
import { pointOf } from '../log/commit-point.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { checkName, commitLogPath } from '../log/paths.ts'
import { createStreamFile, readHeader, removeNewName, type StreamIdentity, WritableFile } from '../log/stream-file.ts'
import { StreamLog } from '../log/stream-log.ts'
import { bringInOrder, settleEnd } from '../recovery/bring-in-order.ts'
import type { ScrubOptions } from '../scrub/scrubber.ts'
import { Checkpointer, type Fsync } from '../write/checkpointer.ts'
import type { StoreEvent } from '../write/events.ts'
import { LogWriter } from '../write/log-writer.ts'
import type { CommitGroup } from '../write/operation.ts'
import { PlaceWatch } from '../write/place-watch.ts'
import { StateOfStore } from '../write/store-state.ts'
import { Made } from './made.ts'
import { givenIndex, type OpenedLevel, openLevel, repairedIndex } from './open-index.ts'
import { defaultReopenDelay } from './reopener.ts'
import type { Lock } from './store-parts.ts'
import { StreamStore } from './stream-store.ts'

export interface StoreOptions extends StreamIdentity {
  /** The stream file; made if absent, with the folders that it lies in. */
  readonly file: string
  /** Make nothing: refuse a file that is not there (default false). */
  readonly mustExist?: boolean | undefined
  /**
   * When a commit is answered: once it is durable (`commit`, default); once it is written, and made durable every
   * `fsyncIntervalMs` (`interval`) or after every 256 MiB (`never`). In every mode a killed process loses nothing, and
   * after a crash of the machine the log ends behind a whole commit.
   */
  readonly fsync?: Fsync | undefined
  /** Milliseconds between two syncs of mode `interval` (default 1000). */
  readonly fsyncIntervalMs?: number | undefined
  /**
   * Milliseconds between two looks at whether the file and its index still are where they were opened, and nobody else
   * writes them (default 500); 0 for a disk that nobody else can reach.
   */
  readonly placePeriodMs?: number | undefined
  /** Newest pages of 1 MiB that are kept in memory for readers (default 16). */
  readonly tailPages?: number | undefined
  /** Bytes of an operation that are kept in memory before whole pages of it go to disk (default 16 MiB). */
  readonly spillBytes?: number | undefined
  /** Bytes that may wait for the disk before adding more is refused (default 1 GiB). */
  readonly maxPendingBytes?: number | undefined
  /** Compare what is committed with its checksums in the background (default: do not). */
  readonly scrub?: ScrubOptions | undefined
  /**
   * Milliseconds until a store that can write no more, since the disk failed, opens its files anew, after so many tries in
   * vain (default: 100, then twice as long each time, up to 10,000).
   */
  readonly reopenDelayMs?: ((tries: number) => number) | undefined
  /** Told of recoveries, truncations and failures. */
  readonly onEvent?: ((event: StoreEvent) => void) | undefined
  /** Told of each group of commits that readers can see, for metrics. Must not throw. */
  readonly onCommit?: ((group: CommitGroup) => void) | undefined
  /** Where files lie (default: the machine's disk). */
  readonly disk?: Disk | undefined
  /**
   * The bookmark index (default: the LevelDB beside the file, which also locks the file against other writers). One that is
   * given may lack bookmarks as long as a store waits for room that it had not when it was opened.
   */
  readonly index?: BookmarkIndex | undefined
}

const CHECKPOINT_BYTES: Readonly<Record<Fsync, number>> = {
  commit: 64 * PAGE_BYTES,
  interval: 64 * PAGE_BYTES,
  never: 256 * PAGE_BYTES,
}

/**
 * Open a stream file for writing, made if absent, and bring it in order: finish what a crash interrupted, take over what
 * another program wrote, let the index catch up.
 *
 * @throws {LockedError} if someone else writes the file
 * @throws {RefusedError} `NOT_A_FILE`, `LEADS_NOWHERE`; `FILE_NOT_FOUND` if it had to exist
 * @throws {DamageError} if the file is no stream, or its header does not fit its entries
 * @throws {RefusedError} `STREAM_DIFFERS` if it holds another version or system than asked for
 * @see docs/spec/stream-file.md
 */
export async function openStore(options: StoreOptions): Promise<StreamStore> {
  checkName(options.file)
  const opening: Opening = { disk: options.disk ?? nodeDisk, made: new Made(), opened: [], locked: undefined }
  try {
    return await open(options, opening)
  } catch (error) {
    await Promise.allSettled(opening.opened.reverse().map((part) => part.close()))
    await opening.made.undo()
    await opening.locked?.close().catch(() => undefined)
    throw error
  }
}

interface Opening {
  readonly disk: Disk
  readonly made: Made
  /** What has to be closed if opening fails, the last first. */
  readonly opened: { close(): Promise<void> }[]
  /** The file, which is the lock: it is closed when all else was, and what was made is gone. */
  locked: DiskFile | undefined
}

/** The file, made if it is absent. @throws {RefusedError} `FILE_NOT_FOUND` @throws as `openLocked` */
async function openFile(
  options: StoreOptions,
  { disk, made }: Opening,
  lockIndex: () => Promise<void>,
): Promise<LockedFile> {
  const { file: path, mustExist = false, onEvent = () => {} } = options
  if (await disk.exists(path)) return openLocked(disk, path, 'write')
  if (mustExist) throw new RefusedError('FILE_NOT_FOUND', `${resolve(path)}: there is no such file, and it must exist`)
  const folders = await disk.makeFoldersOf(path)
  for (const folder of folders) made.add(() => disk.removeFolder(folder))
  const locked = await createStreamFile(disk, path, options, async () => {
    // A store of a stream that differs only in its extension has the same index, and the same commit log.
    await lockIndex()
    await disk.remove(commitLogPath(path))
  })
  made.add(async () => {
    if (await locked.file.isAt(path)) await disk.remove(path)
  })
  onEvent({ event: 'created', file: path, folders })
  return locked
}

/**
 * A Go server locks the index folder, whose name is that of the file as it was given. A file that was named by a symbolic
 * link has another such folder, under its own name: lock that too.
 */
async function lockTarget(path: string, made: Made): Promise<Lock | undefined> {
  const folder = bookmarkFolder(await realpath(path))
  const own = await realpath(bookmarkFolder(path))
  if (!(await exists(folder))) made.add(() => removeLevelFolder(folder))
  else if ((await realpath(folder)) === own) return undefined
  const claim = await claimFolder(folder, true)
  return { isInPlace: () => claim.isInPlace(), close: () => claim.release() }
}

async function open(options: StoreOptions, opening: Opening): Promise<StreamStore> {
  const { disk, made, opened } = opening
  const { file: path, fsync = 'commit', onEvent = () => {} } = options
  let openedLevel: OpenedLevel | undefined
  const lockIndex = async (): Promise<void> => {
    if (options.index !== undefined || openedLevel !== undefined) return
    await mustOwnCommitLog(disk, path, opening.locked)
    openedLevel = await openLevel(path, made)
    opened.push(openedLevel.level)
  }
  const { file: locked, reach } = await openFile(options, opening, lockIndex)
  opening.locked = locked
  const file = new ReopenableFile(locked)
  const header = await readHeader(file, path, options)
  checkIdentity(path, header, options)
  await removeNewName(disk, path, file)
  if (reach === 'this-process') onEvent({ event: 'lock-limited', file: path })
  await lockIndex()
  if (options.index !== undefined) opened.push(options.index)
  const lock = options.index === undefined ? await lockTarget(path, made) : undefined
  if (lock !== undefined) opened.push(lock)

  if (!(await disk.exists(commitLogPath(path)))) made.add(() => disk.remove(commitLogPath(path)))
  const commitLog = await openCommitLog(disk, path, 'create', locked)
  opened.push(commitLog)
  const writable = new WritableFile(file, header)
  const buffers = new PageBuffers()
  const log = new StreamLog({ file, path, header, buffers })
  let setInOrder = (): void => {}
  const ordered = new Promise<void>((resolve) => {
    setInOrder = resolve
  })
  const { index, firstOrder } =
    openedLevel === undefined
      ? givenIndex(options.index as BookmarkIndex, log)
      : repairedIndex(openedLevel, log, ordered, onEvent)
  // Closed before the LevelDB that it repairs.
  opened.push(index)
  const files = { disk, path, writable, commitLog, log, index, buffers, onEvent }
  const state = new StateOfStore()
  await orServeOnly(state, async () => {
    await bringInOrder({ ...files, header, indexedEntries: firstOrder.indexedEntries })
    await index.writable()
    await firstOrder.finish()
  })
  if (state.broken !== undefined) await settleEnd({ ...files, header: await readHeader(file, path, options) })
  setInOrder()

  const writer = new LogWriter({ ...files, committed: log.header, syncEach: fsync === 'commit', state })
  const checkpointer = new Checkpointer({
    fsync,
    intervalMs: options.fsyncIntervalMs ?? 1000,
    everyBytes: CHECKPOINT_BYTES[fsync],
    writer,
    commitLog,
    index,
    bootId: await disk.bootId(),
    state,
    committed: () => pointOf(log.header),
    onError: (error) => onEvent({ event: 'write-failed', file: path, error }),
  })
  if (state.broken === undefined) await orServeOnly(state, () => checkpointer.write({ open: true }))
  const place = new PlaceWatch({
    path,
    magic: options.magic,
    writable,
    log,
    buffers,
    commitLog,
    index,
    lock,
    periodMs: options.placePeriodMs ?? 500,
    onChange: (error) => {
      onEvent(error === undefined ? { event: 'place-found', file: path } : { event: 'place-lost', file: path, error })
    },
  })
  log.confirmReads(async () => {
    if (place.overwritten !== undefined) throw place.overwritten
  })
  const { tailPages = 16, spillBytes = 16 * PAGE_BYTES, maxPendingBytes = 1024 * PAGE_BYTES } = options
  const limits = { tailPages, spillBytes, maxPendingBytes }
  return new StreamStore({
    ...files,
    file,
    magic: options.magic,
    state,
    reopenDelayMs: options.reopenDelayMs ?? defaultReopenDelay,
    lock,
    made,
    writer,
    checkpointer,
    place,
    firstOrder,
    limits,
    scrub: options.scrub,
    onCommit: options.onCommit ?? (() => {}),
  })
}

/** Do what a store has to do before it writes; if the disk has no room for that, readers are served before it is done. */
async function orServeOnly(state: StateOfStore, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isFull(error)) throw error
    state.break(error)
  }
}

function checkIdentity(
  path: string,
  found: { readonly version: number; readonly systemId: bigint; readonly generation: number },
  { version, systemId, generation }: StreamIdentity,
): void {
  const refuse = (what: string, has: unknown, asked: unknown): never => {
    throw new RefusedError('STREAM_DIFFERS', `${path} holds a stream of ${what} ${has}, asked for was ${asked}`)
  }
  if (generation !== undefined && found.generation !== generation) {
    refuse('header generation', found.generation, generation)
  }
  if (found.generation !== 3) return
  if (version !== undefined && found.version !== version) refuse('version', found.version, version)
  if (systemId !== undefined && found.systemId !== systemId) refuse('system id', found.systemId, systemId)
}
