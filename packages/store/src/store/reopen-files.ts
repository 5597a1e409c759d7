import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import { writeAll } from '../disk/disk.ts'
import { DiskError } from '../disk/errors.ts'
import type { ReopenableFile } from '../disk/reopenable-file.ts'
import { least } from '../log/least.ts'
import { commitLogPath } from '../log/paths.ts'
import { readHeader } from '../log/stream-file.ts'
import { bringInOrder, type OrderInput } from '../recovery/bring-in-order.ts'
import type { FirstOrder } from '../recovery/first-order.ts'
import type { Checkpointer } from '../write/checkpointer.ts'
import type { FileWatch } from '../write/file-watch.ts'
import type { Lock } from '../write/lock.ts'
import type { LogWriter } from '../write/log-writer.ts'

export interface ReopenParts extends Omit<OrderInput, 'header' | 'indexedEntries'> {
  /** The stream file, that `writable` writes. */
  readonly file: ReopenableFile
  /** 16 bytes that the file begins with, if they are not the usual ones. */
  readonly magic: Uint8Array | undefined
  /** Held beside the index. */
  readonly lock: Lock | undefined
  readonly firstOrder: FirstOrder
  readonly writer: LogWriter
  readonly checkpointer: Checkpointer
  readonly fileWatch: FileWatch
}

/**
 * Open the files of a store that broke anew, write again what a sync that failed may have lost, and bring them in order as
 * when a store is opened. Readers are served on meanwhile. What is committed stays, as long as memory or the disk has it; of a
 * commit or a truncation whose outcome was unknown, it is settled that it was not made. Nothing else may be writing.
 *
 * @throws {DiskError} `FILE_REPLACED` if the names do not lead to what was opened; it may be tried again
 * @throws {DiskError} `FOREIGN_WRITER` if another program was seen to write the file: for good
 * @throws what the disk fails with, if it is not well yet; it may be tried again
 * @see docs/spec/commit-log.md §4
 */
export async function reopenFiles(parts: ReopenParts): Promise<void> {
  const { disk, path, file, commitLog, log, index, writer, checkpointer, fileWatch } = parts
  // What that program wrote would be overwritten.
  if (fileWatch.problem?.code === 'FOREIGN_WRITER') throw fileWatch.problem
  await mustBeAtPath(parts)
  await file.replaceBy(await disk.open(path, 'write'))
  await writeAgain(parts)
  await commitLog.reopen(disk, commitLogPath(path), log.header)
  if (index.failed) await index.repair()
  await index.writable()
  const header = await readHeader(file, path, { magic: parts.magic })
  const known = log.header.totalEntries
  const indexedEntries = async (): Promise<bigint> => least(known, log.header.totalEntries)
  const { firstOrder } = parts
  await bringInOrder({
    ...parts,
    header,
    indexedEntries: firstOrder.isDone ? indexedEntries : firstOrder.indexedEntries,
  })
  if (!firstOrder.isDone) await firstOrder.finish()
  writer.restart(log.header)
  await checkpointer.write({ open: true })
}

/** A file of the same name that is another one holds another stream, and nobody keeps others from writing that. */
async function mustBeAtPath({ path, file, commitLog, index, lock }: ReopenParts): Promise<void> {
  const areAtPath = await Promise.all([
    file.isAt(path),
    commitLog.isAt(commitLogPath(path)),
    index.isAtPath(),
    lock?.isAtPath() ?? true,
  ])
  if (areAtPath.every(Boolean)) return
  throw new DiskError(
    'FILE_REPLACED',
    `${path}, its commit log or its index is not what was opened: it was moved, removed or replaced`,
  )
}

/** Write what is committed and in memory once more, and the header, durably. */
async function writeAgain({ file, writable, log, buffers, commitLog }: ReopenParts): Promise<void> {
  const { header } = log
  const durable = commitLog.checkpoint?.totalLength ?? HEADER_PAGE_BYTES
  const from = Math.max(durable, buffers.all[0]?.start ?? header.totalLength)
  if (from < header.totalLength) await writeAll(file, [...buffers.chunks(from, header.totalLength)], from)
  await writable.writeHeader(header)
  await file.sync()
}
