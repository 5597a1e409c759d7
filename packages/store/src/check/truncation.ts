import type { Header } from '@datastreamer/format'
import { lastBoundaryUpTo } from '../commit-log/find-record.ts'
import { type OpenStream, openCommitLog } from '../commit-log/open-commit-log.ts'
import type { Disk } from '../disk/disk.ts'
import { DiskError, RefusedError } from '../disk/errors.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { beforeBase } from '../log/base.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import { readHeaderPage } from '../log/header-page.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { commitLogPath } from '../log/paths.ts'
import { readEnd } from '../log/read-end.ts'
import { StreamLog } from '../log/stream-log.ts'
import { openStore } from '../store/open-store.ts'
import type { StreamStore } from '../store/stream-store.ts'
import { endBefore } from '../write/truncate.ts'
import { keepCopy } from './kept-copy.ts'
import { checkUnchanged } from './planned.ts'

export interface TruncationOptions {
  readonly file: string
  /** The first entry to remove. */
  readonly entry: bigint
  /** Refuse a stream of another type (default: accept any). */
  readonly streamType?: bigint | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
  readonly disk?: Disk | undefined
}

/** The effect of a truncation. */
export interface TruncationPlan {
  readonly file: string
  readonly header: Header
  /** Where the log will end. */
  readonly to: CommitPoint
  /** Number of entries that will be removed. */
  readonly lostEntries: bigint
  /** Bytes that will be removed; a copy is kept. */
  readonly removedBytes: number
  /** Whether `to` is known to be an operation boundary. */
  readonly atOperationBoundary: boolean
}

/**
 * Plan a truncation, without changing anything.
 *
 * @throws {RefusedError} `ENTRY_NOT_FOUND`, `BEFORE_BASE`, `IN_THE_WAY`
 * @throws {DamageError} if the file does not end where its header says
 */
export async function planTruncation(options: TruncationOptions): Promise<TruncationPlan> {
  const { file: path, entry, disk = nodeDisk } = options
  const file = await disk.open(path, 'read')
  try {
    const { header, base } = await readHeaderPage(file, path, options)
    await readEnd(file, path, header, base)
    if (entry >= header.totalEntries) {
      throw new RefusedError('ENTRY_NOT_FOUND', `no entry ${entry}, the stream has ${header.totalEntries}`)
    }
    if (entry < base.totalEntries) throw beforeBase(path, entry, base)
    const log = new StreamLog({ file, path, header, base, buffers: new PageBuffers() })
    const to = { totalLength: await endBefore(log, Number(entry)), totalEntries: entry }
    const lostEntries = header.totalEntries - entry
    const removedBytes = header.totalLength - to.totalLength
    return {
      file: path,
      header,
      to,
      lostEntries,
      removedBytes,
      atOperationBoundary: await isOperationBoundary(disk, path, entry, { file, base }),
    }
  } finally {
    await file.close()
  }
}

async function isOperationBoundary(disk: Disk, path: string, entry: bigint, stream: OpenStream): Promise<boolean> {
  if (!(await disk.exists(commitLogPath(path)))) return entry === 0n
  const commitLog = await openCommitLog(disk, path, 'read', stream)
  try {
    return entry === 0n || (await commitLog.record(await lastBoundaryUpTo(commitLog, entry)))?.totalEntries === entry
  } finally {
    await commitLog.close()
  }
}

/**
 * Truncate a file as planned, durably; first the old header page and the removed bytes are copied to a file beside it.
 *
 * @returns the path of the copy
 * @throws {RecoveryError} `FILE_CHANGED` if the file has changed since it was planned; `NOT_KEPT`
 * @throws {DiskError} on `OUTCOME_UNKNOWN` the copy is kept; otherwise nothing has changed, and there is no copy
 * @throws {LockedError} if another store has the file open
 */
export async function truncateStream(
  plan: TruncationPlan,
  options: Pick<TruncationOptions, 'magic'> = {},
): Promise<string> {
  const store = await openStore({ file: plan.file, magic: options.magic, streamType: plan.header.streamType })
  let copy: string
  try {
    if (store.broken !== undefined) throw store.broken
    checkUnchanged(plan, store.getHeader())
    copy = await truncateKeeping(store, plan)
  } catch (error) {
    // The first error is the one to report.
    await store.close().catch(() => undefined)
    throw error
  }
  await store.close()
  return copy
}

async function truncateKeeping(store: StreamStore, { file: path, to, removedBytes }: TruncationPlan): Promise<string> {
  const file = await nodeDisk.open(path, 'read')
  let copy: string
  try {
    copy = await keepCopy(
      { name: `${path}.removed-at`, position: to.totalLength, length: removedBytes },
      nodeDisk,
      file,
    )
  } finally {
    await file.close()
  }
  try {
    await store.truncateFile(to.totalEntries)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'OUTCOME_UNKNOWN')) await nodeDisk.remove(copy)
    throw error
  }
  return copy
}
