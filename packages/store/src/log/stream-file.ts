import {
  decodeHeaderPage,
  defaultMagic,
  encodeHeaderEntry,
  encodeHeaderPage,
  FormatError,
  HEADER_PAGE_BYTES,
  type Header,
  type HeaderGeneration,
  headerEntryOffset,
  isWholePages,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
} from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { type LockedFile, openLocked } from '../disk/open-locked.ts'
import type { CommitPoint } from './commit-point.ts'
import { DamageError } from './damage-error.ts'
import { newFilePath } from './paths.ts'

/** Properties of a stream; fixed when its file is made. */
export interface StreamIdentity {
  /** u64, 1 for a zkEVM sequencer (default). */
  readonly streamType?: bigint | undefined
  /** u64, e.g. the chain id (default 0). */
  readonly systemId?: bigint | undefined
  /** u8, version of the entries' encoding (default 2; generations 1 and 2 have none). */
  readonly version?: number | undefined
  /** Layout of the header (default 3). */
  readonly generation?: HeaderGeneration | undefined
  /** 16 bytes (default `polygonDATSTREAM`). */
  readonly magic?: Uint8Array | undefined
}

/** Pages of a new file; sparse, so they take no space until they are used. */
const FIRST_PAGES = 100
/** Pages by which a full file is extended. */
const MORE_PAGES = 10

/**
 * Make a stream file without entries, and become its writer. It appears whole or not at all, and never replaces another
 * file. docs/spec/stream-file.md §1.
 *
 * @param beforeNamed called when it is locked against other makers, before it gets its name
 * @throws `EEXIST` if the file exists by now
 * @throws {LockedError} if another program is making it
 */
export async function createStreamFile(
  disk: Disk,
  path: string,
  identity: StreamIdentity,
  beforeNamed: () => Promise<void>,
): Promise<LockedFile> {
  const { streamType = 1n, generation = 3, magic = defaultMagic() } = identity
  const { systemId = 0n, version = generation === 3 ? 2 : 0 } = identity
  const totals = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }
  const page = encodeHeaderPage({ generation, version, systemId, streamType, ...totals }, { magic })
  const made = newFilePath(path)
  const locked = await openEmpty(disk, made, page)
  const { file } = locked
  try {
    await file.resize(pageStart(FIRST_PAGES))
    await writeAll(file, [page], 0)
    await file.sync()
    if (!(await disk.exists(path))) await beforeNamed()
    await disk.rename(made, path)
    await disk.syncFolderOf(path)
    return locked
  } catch (error) {
    if (await file.isAt(made).catch(() => false)) await disk.remove(made).catch(() => undefined)
    await file.close()
    throw error
  }
}

/** A new file. One that a crash has left is not written to: it may have another name too. */
async function openEmpty(disk: Disk, path: string, page: Uint8Array): Promise<LockedFile> {
  for (;;) {
    const locked = await openLocked(disk, path, 'create').catch(async (error: unknown) => {
      // Without locks on the file system nobody else is making it.
      if (error instanceof RefusedError && error.code === 'CANNOT_LOCK') await disk.remove(path)
      throw error
    })
    if ((await locked.file.size()) === 0) return locked
    try {
      await mustBeUnfinished(locked.file, path, page)
      await disk.remove(path)
    } finally {
      await locked.file.close()
    }
  }
}

/**
 * Check that a file is a stream that was being made: it has no more than a header page, which a crash may have torn.
 *
 * @param page the header page that is made now
 * @throws {RefusedError} `IN_THE_WAY`
 */
async function mustBeUnfinished(file: DiskFile, path: string, page: Uint8Array): Promise<void> {
  const found = new Uint8Array(HEADER_PAGE_BYTES)
  await file.read(found, 0)
  if (found.every((byte, i) => byte === 0 || byte === page[i])) return
  throw new RefusedError(
    'IN_THE_WAY',
    `${path}: not a stream that was being made, though it has the name of one: move it away`,
  )
}

/** Remove the name under which a file was made, if a crash has left it. */
export async function removeNewName(disk: Disk, path: string, file: DiskFile): Promise<void> {
  const made = newFilePath(path)
  if (await file.isAt(made)) await disk.remove(made)
}

/**
 * Read a file's header.
 *
 * @throws {DamageError} `BAD_MAGIC`, `BAD_HEADER`, or `WRONG_STREAM_TYPE` if it is not of `identity.streamType`
 */
export async function readHeader(file: DiskFile, path: string, identity: StreamIdentity): Promise<Header> {
  const page = new Uint8Array(HEADER_PAGE_BYTES)
  const got = await file.read(page, 0)
  const header = decode(page.subarray(0, got), path, identity.magic)
  const { streamType } = identity
  if (streamType !== undefined && header.streamType !== streamType) {
    const detail = `stream type ${header.streamType}, expected ${streamType}`
    throw new DamageError('WRONG_STREAM_TYPE', detail, { file: path, position: headerEntryOffset(header.generation) })
  }
  return header
}

function decode(page: Uint8Array, path: string, magic: Uint8Array | undefined): Header {
  try {
    return decodeHeaderPage(page, { magic })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const code = error.code === 'BAD_MAGIC' ? 'BAD_MAGIC' : 'BAD_HEADER'
    throw new DamageError(code, error.detail, { file: path, position: error.offset }, { cause: error })
  }
}

/** A file that is open for writing: its size and its header. */
export class WritableFile {
  readonly file: DiskFile
  #header: Header
  #size = 0

  constructor(file: DiskFile, header: Header) {
    this.file = file
    this.#header = header
  }

  /** The commit point that was read or written last. */
  get point(): CommitPoint {
    return this.#header
  }

  /**
   * Extend an incomplete page at the end of the file to its full length.
   *
   * @returns whether there was one
   */
  async repair(): Promise<boolean> {
    const size = await this.file.size()
    this.#size = pageStart(pagesInUse(Math.max(size, HEADER_PAGE_BYTES)))
    if (isWholePages(size)) return false
    await this.file.resize(this.#size)
    return true
  }

  /** Make room up to `end`. */
  async reserve(end: number): Promise<void> {
    if (end <= this.#size) return
    const size = Math.max(this.#size + MORE_PAGES * PAGE_BYTES, pageStart(pagesInUse(end)))
    await this.file.resize(size)
    this.#size = size
  }

  /** Release the disk space after the page that ends at or holds `end`. */
  async release(end: number): Promise<void> {
    const size = pageStart(pagesInUse(end))
    if (size >= this.#size) return
    await this.file.resize(size)
    this.#size = size
  }

  /** Write the commit point. */
  async writeHeader({ totalLength, totalEntries }: CommitPoint): Promise<void> {
    const header = { ...this.#header, totalLength, totalEntries }
    await writeAll(this.file, [encodeHeaderEntry(header)], headerEntryOffset(header.generation))
    this.#header = header
  }

  /** The bytes from `from` to `to`, in chunks of at most a page. */
  async *chunks(from: number, to: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to; ) {
      const bytes = await readExactly(this.file, at, Math.min(PAGE_BYTES, to - at))
      yield bytes
      at += bytes.length
    }
  }
}
