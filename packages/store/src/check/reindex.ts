import { bookmarkFolder } from '../bookmarks/bookmark-folder.ts'
import { openLevelIndex } from '../bookmarks/level-index.ts'
import { type IndexLogOptions, indexLog } from '../bookmarks/scan.ts'
import { mustOwnCommitLog } from '../commit-log/open-commit-log.ts'
import type { Disk } from '../disk/disk.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { openLocked } from '../disk/open-locked.ts'
import { readHeaderPage } from '../log/header-page.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { readEnd } from '../log/read-end.ts'
import { StreamLog } from '../log/stream-log.ts'

export interface ReindexOptions extends Omit<IndexLogOptions, 'from'> {
  readonly file: string
  /** Refuse a stream of another type (default: accept any). */
  readonly streamType?: bigint | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
  readonly disk?: Disk | undefined
}

/**
 * Rebuild the bookmark index of a file from its entries, whatever the state of the old one.
 *
 * @returns the number of bookmarks
 * @throws {LockedError} if another store has the file open
 * @throws {DamageError} if the file is damaged; if it is an entry inside the file, the old index is already gone
 * @see docs/spec/stream-file.md §5
 */
export async function reindexStream(options: ReindexOptions): Promise<number> {
  const { file: path, disk = nodeDisk, signal, onProgress } = options
  const { file } = await openLocked(disk, path, 'read')
  try {
    const { header, base } = await readHeaderPage(file, path, options)
    await mustOwnCommitLog(disk, path, file)
    await readEnd(file, path, header, base)
    const log = new StreamLog({ file, path, header, base, buffers: new PageBuffers() })
    const index = await openLevelIndex({ folder: bookmarkFolder(path), createIfMissing: true, fresh: true, signal })
    try {
      const { bookmarks } = await indexLog(log, index, { signal, onProgress })
      await index.finish()
      return bookmarks
    } finally {
      await index.close()
    }
  } finally {
    await file.close()
  }
}
