import { decodeHeaderPage, FormatError, HEADER_PAGE_BYTES, type Header, headerEntryOffset } from '@datastreamer/format'
import { type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { BASE_OFFSETS, baseIn, decodeBase, encodeBase, hasBothSlots, type StoredBase } from './base.ts'
import { DamageError } from './damage-error.ts'
import type { StreamIdentity } from './stream-identity.ts'

/** What the header page of a file says. */
export interface HeaderPage {
  readonly header: Header
  /** Where the file begins. */
  readonly base: StoredBase
}

/**
 * Read a file's header page.
 *
 * @throws {DamageError} `BAD_MAGIC`, `BAD_HEADER`, or `WRONG_STREAM_TYPE` if it is not of `identity.streamType`
 */
export async function readHeaderPage(file: DiskFile, path: string, identity: StreamIdentity): Promise<HeaderPage> {
  const memory = new Uint8Array(HEADER_PAGE_BYTES)
  const page = memory.subarray(0, await file.read(memory, 0))
  const { header, base } = decodeHeaderPageOf(path, page, identity)
  const { streamType } = identity
  if (streamType !== undefined && header.streamType !== streamType) {
    const detail = `stream type ${header.streamType}, expected ${streamType}`
    throw new DamageError('WRONG_STREAM_TYPE', detail, { file: path, position: headerEntryOffset(header.generation) })
  }
  return { header, base }
}

/** Read a file's header. @throws as {@link readHeaderPage} */
export async function readHeader(file: DiskFile, path: string, identity: StreamIdentity): Promise<Header> {
  return (await readHeaderPage(file, path, identity)).header
}

/**
 * Write where a file begins, durably: one slot after the other, so that there is a valid one whenever this is interrupted.
 *
 * @returns what it has now
 */
export async function writeBase(file: DiskFile, base: Omit<StoredBase, 'sequence'>): Promise<StoredBase> {
  const page = await readExactly(file, 0, HEADER_PAGE_BYTES)
  const [first, second] = BASE_OFFSETS
  const before = baseIn(page)
  // First the one whose loss changes nothing.
  const isFirstValid = before !== undefined && decodeBase(page, first)?.sequence === before.sequence
  const next = { ...base, sequence: (before?.sequence ?? 0) + 1 }
  for (const at of isFirstValid ? [second, first] : [first, second]) {
    await writeAll(file, [encodeBase(next)], at)
    await file.sync()
  }
  return next
}

/** Whether both slots say where a file begins: an interrupted {@link writeBase} leaves it in one only. */
export async function hasBaseTwice(file: DiskFile): Promise<boolean> {
  return hasBothSlots(await readExactly(file, 0, HEADER_PAGE_BYTES))
}

/** What a header page says that was read from a file. @throws {DamageError} `BAD_MAGIC`, `BAD_HEADER` */
function decodeHeaderPageOf(path: string, page: Uint8Array, { magic }: Pick<StreamIdentity, 'magic'>): HeaderPage {
  const base = baseIn(page)
  const header = decode(path, page, magic)
  if (base !== undefined) return { header, base }
  throw new DamageError('BAD_HEADER', 'where the file begins cannot be read', { file: path, position: BASE_OFFSETS[0] })
}

function decode(path: string, page: Uint8Array, magic: Uint8Array | undefined): Header {
  try {
    return decodeHeaderPage(page, { magic })
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const code = error.code === 'BAD_MAGIC' ? 'BAD_MAGIC' : 'BAD_HEADER'
    throw new DamageError(code, error.detail, { file: path, position: error.offset }, { cause: error })
  }
}
