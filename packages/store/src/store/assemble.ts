import { PAGE_BYTES } from '@datastreamer/format'
import { CommittedBoundaries } from '../commit-log/committed-boundaries.ts'
import { pointOf } from '../log/commit-point.ts'
import { TAIL_PAGES } from '../log/page-buffers.ts'
import { Checkpointer, type Fsync } from '../write/checkpointer.ts'
import { CommitPipeline } from '../write/commit-pipeline.ts'
import { Exclusive } from '../write/exclusive.ts'
import { FileWatch } from '../write/file-watch.ts'
import { GroupCommit } from '../write/group-commit.ts'
import { LogWriter } from '../write/log-writer.ts'
import type { StateOfStore } from '../write/store-state.ts'
import { Background } from './background.ts'
import { closeStore } from './close-store.ts'
import type { Made } from './made.ts'
import type { OpenedFiles } from './open-files.ts'
import { reopenFiles } from './reopen-files.ts'
import { defaultReopenDelay } from './reopener.ts'
import { serveOnlyIfFull } from './serve-only.ts'
import { StoreChanges } from './store-changes.ts'
import type { StoreOptions } from './store-options.ts'
import { StreamStore } from './stream-store.ts'

const CHECKPOINT_BYTES: Readonly<Record<Fsync, number>> = {
  commit: 64 * PAGE_BYTES,
  interval: 64 * PAGE_BYTES,
  never: 256 * PAGE_BYTES,
}

/** Build a store from recovered files, and write a checkpoint that says that it is open. */
export async function assembleStore(
  files: OpenedFiles,
  state: StateOfStore,
  made: Made,
  options: StoreOptions,
): Promise<StreamStore> {
  const { path, log, commitLog, index, disk, clock, onEvent } = files
  const { fsync = 'commit', magic, tailPages = TAIL_PAGES, spillBytes = 16 * PAGE_BYTES } = options
  const onFailure = (error: Error): void => onEvent({ event: 'write-failed', file: path, error })

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
    clock,
    committed: () => pointOf(log.header),
    onError: onFailure,
  })
  if (state.broken === undefined) await serveOnlyIfFull(state, () => checkpointer.write({ open: true }))
  const fileWatch = new FileWatch({
    ...files,
    magic,
    periodMs: options.fileCheckMs ?? 500,
    onChange: (error) => {
      log.refuseReads(fileWatch.overwritten)
      onEvent(error === undefined ? { event: 'file-found', file: path } : { event: 'file-lost', file: path, error })
    },
  })
  const parts = { ...files, magic, made, state, writer, checkpointer, fileWatch }
  const pipeline = new CommitPipeline({
    ...parts,
    groupCommit: new GroupCommit(parts),
    limits: { tailPages, spillBytes, maxPendingBytes: options.maxPendingBytes ?? 1024 * PAGE_BYTES },
    onCommit: options.onCommit ?? (() => {}),
    onFailure,
  })
  const exclusive = new Exclusive({ ...parts, pipeline })
  const background = new Background({
    ...parts,
    exclusive,
    fileCheckMs: fileWatch.periodMs,
    scrub: options.scrub,
    reopenDelayMs: options.reopenDelayMs ?? defaultReopenDelay,
    reopen: () => reopenFiles(parts),
  })
  return new StreamStore({
    ...parts,
    operationBoundaries: new CommittedBoundaries(log, commitLog),
    pipeline,
    changes: new StoreChanges({ ...parts, pipeline, exclusive, truncating: parts, updating: parts, dropping: parts }),
    background,
    close: (discard) => closeStore(parts, discard),
  })
}
