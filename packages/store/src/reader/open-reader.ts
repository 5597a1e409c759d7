import { resolve } from 'node:path'
import { type Clock, sleep, systemClock } from '@datastreamer/runtime'
import type { BookmarkIndex } from '../bookmarks/bookmark-index.ts'
import { followLog } from '../bookmarks/follow-log.ts'
import { RecordedBoundaries } from '../commit-log/recorded-boundaries.ts'
import { closeAll } from '../disk/close-all.ts'
import type { Disk, DiskFile } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { nodeDisk } from '../disk/node-disk.ts'
import { type Ending, endingOf } from '../log/ending.ts'
import { type HeaderPage, readHeaderPage } from '../log/header-page.ts'
import { PageBuffers } from '../log/page-buffers.ts'
import { mustBePath } from '../log/paths.ts'
import { readAgain } from '../log/read-again.ts'
import { readEnd } from '../log/read-end.ts'
import { StreamLog } from '../log/stream-log.ts'
import { StreamReader } from '../lookup/stream-reader.ts'
import { FileFollower, MAX_FAILURES } from './file-follower.ts'
import { PageTrail } from './page-trail.ts'

const DEFAULT_POLL_MS = 10
/** Milliseconds between two polls of a file that is not followed: it may be truncated or rewritten. */
const CHECK_MS = 50

export interface ReaderOptions {
  readonly file: string
  /** Refuse a stream of another type (default: accept any). */
  readonly streamType?: bigint | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
  /**
   * Follow what another process appends (default false: the stream ends where it ends now, or after a truncation where it
   * ends then).
   */
  readonly follow?: boolean | undefined
  /** Milliseconds between two polls of the file (default 10 if it is followed, 50 if it is not). */
  readonly pollMs?: number | undefined
  /** Notified when the file no longer matches its header, and with `undefined` when it does again. */
  readonly onProblem?: ((problem: Error | undefined) => void) | undefined
  readonly disk?: Disk | undefined
  /** Time and timers (default: this machine's). */
  readonly clock?: Clock | undefined
  /**
   * The bookmark index (default: one in memory, filled by a scan in the background that look-ups wait for, since opening
   * LevelDB writes into its folder).
   */
  readonly index?: BookmarkIndex | undefined
}

/**
 * Open a stream file of any generation for reading. Nothing is written, neither to it nor beside it.
 *
 * @param file the stream file, or all options with it
 * @throws {TypeError} if no path is given
 * @throws {DamageError} if the file is not a stream, or its header does not match its entries
 * @throws {RefusedError} `FILE_NOT_FOUND`, `LEADS_NOWHERE`
 * @see docs/spec/stream-file.md
 */
export async function openReader(
  target: string | ReaderOptions,
  others: Omit<ReaderOptions, 'file'> = {},
): Promise<StreamReader> {
  const options = typeof target === 'object' ? target : { ...others, file: target }
  mustBePath(options.file)
  const { file: path, disk = nodeDisk, clock = systemClock, follow: grows = false, magic } = options
  const { pollMs = grows ? DEFAULT_POLL_MS : CHECK_MS, onProblem = () => {} } = options
  if (!(await disk.exists(path))) throw new RefusedError('FILE_NOT_FOUND', `${resolve(path)}: there is no such file`)
  const file = await disk.open(path, 'read')
  try {
    const buffers = new PageBuffers()
    const { header, base, ending } = await readConsistent(file, { ...options, clock }, buffers)
    const log = new StreamLog({ file, path, header, base, buffers, clock })
    const trail = new PageTrail(log.base)
    const index = options.index ?? followLog(log, trail)
    const known = { log, index, buffers, trail, ending }
    const follower = new FileFollower({ file, path, ...known, grows, pollMs, magic, clock, onProblem })
    const release = (): Promise<void> => closeAll([follower, index, file])
    const boundaries = (): Promise<RecordedBoundaries> => RecordedBoundaries.open({ disk, path, file, log })
    return new StreamReader({ log, index, grows, boundaries, release })
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The header and the page in which the log ends, read again until they match if another program writes the file. */
async function readConsistent(
  file: DiskFile,
  options: ReaderOptions & { readonly clock: Clock },
  buffers: PageBuffers,
): Promise<HeaderPage & { readonly ending: Ending }> {
  const { file: path, clock, follow = false, pollMs = DEFAULT_POLL_MS } = options
  const read = async (): Promise<HeaderPage & { readonly ending: Ending }> => {
    const { header, base } = await readHeaderPage(file, path, options)
    const page = await readEnd(file, path, header, base)
    buffers.restart(header.totalLength, page)
    return { header, base, ending: endingOf(header, page) }
  }
  return readAgain(follow ? MAX_FAILURES : 1, read, () => sleep(clock, pollMs))
}
