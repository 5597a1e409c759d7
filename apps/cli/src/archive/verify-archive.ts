import { createHash } from 'node:crypto'
import { encodeRecordHeader, RecordType } from '@datastreamer/e2store'
import { decodeEntry, viewOf } from '@datastreamer/format'
import { decodeSequencerEntry, entryKind, SequencerEntryError } from '@datastreamer/sequencer-entries'
import { type ArchiveFile, type EntryRun, eachEntry, entriesOf } from './archive-file.ts'
import { ArchiveError, ChainError } from './errors.ts'
import { ArchiveType, END_BYTES, encodeEnd, encodeHeader, type StreamPoint } from './layout.ts'
import { StreamCursor, sameBytes, samePoint } from './stream-cursor.ts'

export interface VerifyArchiveOptions {
  readonly signal: AbortSignal
  /** A place inside the file that the stream has to pass. */
  readonly through?: StreamPoint | undefined
  /** Told how many bytes of the file are checked. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
}

/**
 * The entries of an archive, while all of it is checked: digests, checksum, numbers, places, index. What was yielded is
 * to be trusted only when the generator ends.
 *
 * @throws {ArchiveError} @throws {E2StoreError}
 * @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through`
 * @see docs/spec/archive.md §4
 */
export async function* verifiedRuns(
  file: ArchiveFile,
  { signal, through, onProgress }: VerifyArchiveOptions,
): AsyncGenerator<EntryRun, void, void> {
  const { header, end, endPosition, source } = file
  const cursor = new StreamCursor(header.start)
  const blocks = new BlockCheck(file)
  const sum = createHash('sha256')
  const addRecord = (type: number, data: Uint8Array): void => {
    sum.update(encodeRecordHeader(type, data.length)).update(data)
  }
  checkStart(file)
  addRecord(RecordType.Version, new Uint8Array(0))
  addRecord(ArchiveType.StreamHeader, encodeHeader(header))
  for await (const record of file.records('verify')) {
    signal.throwIfAborted()
    addRecord(record.type, record.data)
    const run = entriesOf(record, 'verify', cursor.number)
    eachEntry(run, (entry) => {
      if (cursor.number === through?.number) checkThrough(cursor, through)
      blocks.push(entry, run.position)
      cursor.push(entry)
    })
    onProgress?.(record.end, source.size)
    yield run
  }
  if (cursor.number === through?.number) checkThrough(cursor, through)
  if (!samePoint(cursor.point(), end.point)) {
    const what = `stream goes up to entry ${cursor.number}, or is another than the file says (entry ${end.point.number})`
    throw new ArchiveError('WRONG_DIGEST', what, endPosition, 'verify')
  }
  sum.update(encodeRecordHeader(ArchiveType.StreamEnd, END_BYTES)).update(encodeEnd(end.point))
  if (!sameBytes(sum.digest(), end.checksum)) {
    throw new ArchiveError('WRONG_DIGEST', 'bytes before it have another checksum', endPosition, 'verify')
  }
  blocks.end()
}

/** What a whole archive holds. */
export interface ArchiveReport {
  readonly entries: bigint
  readonly blocks: number
}

/** Check all of an archive. Throws as {@link verifiedRuns}. */
export async function verifyArchiveFile(file: ArchiveFile, options: VerifyArchiveOptions): Promise<ArchiveReport> {
  for await (const _ of verifiedRuns(file, options));
  return { entries: file.end.point.number - file.header.start.number, blocks: file.blocks.targets.length }
}

/** Where a stream begins, nothing is before it. */
function checkStart({ header: { identity, start } }: ArchiveFile): void {
  if (start.number === 0n && !samePoint(start, StreamCursor.atStart(identity).point())) {
    throw new ArchiveError('WRONG_DIGEST', 'start of the stream is not that of such a stream', 8, 'verify')
  }
}

function checkThrough(cursor: StreamCursor, through: StreamPoint): void {
  if (samePoint(cursor.point(), through)) return
  const message = `the stream file's entries before ${through.number} are others than those of the archive`
  throw new ChainError('TARGET_DIFFERS', message)
}

/** Compares the index with the blocks that there are. */
class BlockCheck {
  readonly #file: ArchiveFile
  #seen = 0

  constructor(file: ArchiveFile) {
    this.#file = file
  }

  push(bytes: Uint8Array, position: number): void {
    const number = this.#blockIn(bytes, position)
    if (number === undefined) return
    const { first, targets } = this.#file.blocks
    const expected = first + BigInt(this.#seen)
    if (number !== expected || targets[this.#seen] !== position) {
      const indexed = targets[this.#seen] ?? 'nowhere'
      const what = `block ${number}, where the index has block ${expected} at ${indexed},`
      throw new ArchiveError('BAD_INDEX', what, position, 'verify')
    }
    this.#seen++
  }

  /** Number of the block that begins with an entry. */
  #blockIn(bytes: Uint8Array, position: number): bigint | undefined {
    const { encoding } = this.#file.header
    if (encoding === undefined || entryKind(viewOf(bytes).getUint32(5), encoding) !== 'l2Block') return undefined
    const entry = decodeEntry(viewOf(bytes))
    try {
      const decoded = entry && decodeSequencerEntry(entry, encoding)
      return decoded?.kind === 'l2Block' ? decoded.number : undefined
    } catch (error) {
      if (!(error instanceof SequencerEntryError)) throw error
      throw new ArchiveError('BAD_ENTRIES', error.message, position, 'verify', { cause: error })
    }
  }

  end(): void {
    const { targets, position } = this.#file.blocks
    if (this.#seen === targets.length) return
    const what = `index of ${targets.length} blocks, found were ${this.#seen},`
    throw new ArchiveError('BAD_INDEX', what, position, 'verify')
  }
}
