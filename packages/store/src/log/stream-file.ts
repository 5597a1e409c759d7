import {
  defaultMagic,
  encodeHeaderEntry,
  encodeHeaderPage,
  HEADER_PAGE_BYTES,
  type Header,
  headerEntryOffset,
  isWholePages,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
} from '@datastreamer/format'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { RefusedError } from '../disk/errors.ts'
import { type LockedFile, openLocked } from '../disk/open-locked.ts'
import { BASE_OFFSETS, baseIn, encodeBase, isBase, isInSlot, NO_BASE, type StoredBase } from './base.ts'
import { BaseSlots } from './base-slots.ts'
import { type CommitPoint, START, samePoint } from './commit-point.ts'
import { newFilePath } from './paths.ts'
import type { StreamIdentity } from './stream-identity.ts'

/** How a file is made. */
export interface NewFile extends StreamIdentity {
  /** Where it begins (default: with entry 0): the start of a page, and its first entry. docs/spec/stream-file.md §9. */
  readonly base?: CommitPoint | undefined
}

/** The two totals at the end of a header entry. */
const TOTALS_BYTES = 16
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
 * @throws {RangeError} if the base is not at the start of a page
 */
export async function createStreamFile(
  disk: Disk,
  path: string,
  options: NewFile,
  beforeNamed: () => Promise<void>,
): Promise<LockedFile> {
  const { streamType = 1n, generation = 3, magic = defaultMagic(), base = START } = options
  const { systemId = 0n, version = generation === 3 ? 2 : 0 } = options
  const header = { generation, version, systemId, streamType, ...base }
  const page = encodeHeaderPage(header, { magic })
  const slot = samePoint(base, START) ? undefined : slotOf(base)
  const made = newFilePath(path)
  const locked = await openEmpty(disk, made, page, headerEntryOffset(generation) + encodeHeaderEntry(header).length)
  const { file } = locked
  try {
    await file.resize(base.totalLength + FIRST_PAGES * PAGE_BYTES)
    if (slot !== undefined) {
      // First where it begins: what has a header must have that too.
      for (const at of BASE_OFFSETS) await writeAll(file, [slot], at)
      await file.sync()
    }
    await writeAll(file, [page.subarray(0, BASE_OFFSETS[0])], 0)
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

/** What a file that begins late has in both slots. @throws {RangeError} if it cannot begin there */
function slotOf(base: CommitPoint): Uint8Array {
  if (!isBase(base)) {
    const found = `byte ${base.totalLength}, entry ${base.totalEntries}`
    throw new RangeError(`a file cannot begin at ${found}: expected a page after the first, and its first entry`)
  }
  return encodeBase({ ...NO_BASE, ...base, sequence: 1 })
}

/** A new file. One that a crash has left is not written to: it may have another name too. */
async function openEmpty(disk: Disk, path: string, page: Uint8Array, headerEnd: number): Promise<LockedFile> {
  for (;;) {
    const locked = await openLocked(disk, path, 'create').catch(async (error: unknown) => {
      // Without locks on the file system nobody else is making it.
      if (error instanceof RefusedError && error.code === 'CANNOT_LOCK') await disk.remove(path)
      throw error
    })
    if ((await locked.file.size()) === 0) return locked
    try {
      await mustBeUnfinished(locked.file, path, page, headerEnd)
      await disk.remove(path)
    } finally {
      await locked.file.close()
    }
  }
}

/**
 * Check that a file is a stream that was being made: it has no more than a header page, which a crash may have torn, and which may
 * have been that of a file which begins elsewhere.
 *
 * @param page the header page that is made now
 * @param headerEnd where its header ends: with the totals
 * @throws {RefusedError} `IN_THE_WAY`
 */
async function mustBeUnfinished(file: DiskFile, path: string, page: Uint8Array, headerEnd: number): Promise<void> {
  const found = new Uint8Array(HEADER_PAGE_BYTES)
  await file.read(found, 0)
  // Where it begins was written before its header.
  const base = found.subarray(0, headerEnd).every((byte) => byte === 0) ? NO_BASE : baseIn(found)
  const isOfBase = (at: number): boolean => (at >= headerEnd - TOTALS_BYTES && at < headerEnd) || isInSlot(at)
  const isSame = found.every((byte, at) => byte === 0 || byte === page[at] || isOfBase(at))
  const first = new Uint8Array(1)
  if (base !== undefined) await file.read(first, base.totalLength)
  if (base !== undefined && isSame && first[0] === 0) return
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

/** A file that is open for writing: its size, its header and where it begins. */
export class WritableFile {
  readonly file: DiskFile
  #header: Header
  readonly #slots: BaseSlots
  #base: StoredBase
  #size = 0

  constructor(file: DiskFile, header: Header, base: StoredBase = NO_BASE) {
    this.file = file
    this.#header = header
    this.#slots = new BaseSlots(file)
    this.#base = base
  }

  /** Where it begins. */
  get base(): StoredBase {
    return this.#base
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

  /** Write where it begins, durably. @param records of the commit log that end there or earlier */
  async writeBase({ totalLength, totalEntries }: CommitPoint, records: number): Promise<void> {
    this.#base = await this.#slots.write({ totalLength, totalEntries, records })
  }

  /** Write where it begins again, durably, if it begins late: what was read may be in memory only. */
  async writeBaseAgain(): Promise<void> {
    if (this.#base.sequence > 0) this.#base = await this.#slots.writeAgain(this.#base)
  }

  /** Whether where it begins is in both slots, so that one of them may rot. */
  hasBaseTwice(): Promise<boolean> {
    return this.#slots.areSame()
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
