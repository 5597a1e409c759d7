import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile, type NewFile } from '@datastreamer/e2store/node'
import { BOOKMARK_TYPE, type Entry, encodeEntry, type Header } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { archiveNameOf } from './archive-name.ts'
import { ArchiveWriter } from './archive-writer.ts'
import { ExportError } from './errors.ts'
import type { ArchiveHeader, StreamPoint } from './layout.ts'
import { type Piece, PieceCutter } from './pieces.ts'
import { StreamCursor, sameBytes } from './stream-cursor.ts'

export interface ExportOptions {
  /** Of the stream; says where its entries end. */
  readonly header: Header
  /** All entries of the stream from 0 on, in runs, up to where the archive is to end. */
  readonly entries: AsyncIterable<readonly Entry[]>
  /** Folder for the files; made if absent. */
  readonly out: string
  /** Encoding of entries, to cut between batches; without it files are cut by entries and know of no blocks. */
  readonly generation: Generation | undefined
  /** Blocks, or entries without `generation`, from which on a file ends at the next chance. */
  readonly perFile: number
  /** What the archive begins with: the number of an entry, or a bookmark (default: entry 0). */
  readonly from?: bigint | Uint8Array | undefined
  readonly signal: AbortSignal
  /** Told how many entries are read. */
  readonly onProgress?: ((entries: number, total: number) => void) | undefined
}

/** An archive that was written. */
export interface ExportedFile {
  readonly name: string
  readonly path: string
  readonly header: ArchiveHeader
  readonly end: StreamPoint
  readonly firstBlock: bigint | undefined
  readonly blocks: number
}

/**
 * Archive a stream into files, cut between batches. Each file appears when it is whole; memory does not grow with the
 * stream.
 *
 * @throws {ExportError} @throws {SequencerEntryError}
 * @see docs/spec/archive.md §5
 */
export async function* exportStream(options: ExportOptions): AsyncGenerator<ExportedFile, void, void> {
  const { header, entries, out, generation, from = 0n, signal, onProgress } = options
  await mkdir(out, { recursive: true })
  const cutter = new PieceCutter(generation)
  await using files = new FileSequence(options)
  let started = false
  for await (const run of entries) {
    signal.throwIfAborted()
    for (const entry of run) {
      started ||= beginsAt(entry, from)
      if (!started) files.pass(encodeEntry(entry))
      else for (const piece of cutter.push(entry)) yield* files.add(piece)
    }
    onProgress?.(Number(run.at(-1)?.number ?? 0n), Number(header.totalEntries))
  }
  // A stream without entries is archived as one.
  if (!started && from !== 0n)
    throw new ExportError('NOT_FOUND', 'the stream does not have what it is to be archived from')
  for (const piece of cutter.end()) yield* files.add(piece)
  yield* files.end()
}

function beginsAt({ number, type, data }: Entry, from: bigint | Uint8Array): boolean {
  return typeof from === 'bigint' ? number >= from : type === BOOKMARK_TYPE && sameBytes(data, from)
}

/** The files, one of which is open at a time. */
class FileSequence implements AsyncDisposable {
  readonly #options: ExportOptions
  readonly #cursor: StreamCursor
  #open: { readonly writer: ArchiveWriter; readonly file: NewFile } | undefined
  /** Batch of the last piece that told. */
  #batch: bigint | undefined
  #written = 0

  constructor(options: ExportOptions) {
    this.#options = options
    this.#cursor = StreamCursor.atStart(options.header)
  }

  /** Go past an entry that is not archived. */
  pass(entry: Uint8Array): void {
    this.#cursor.push(entry)
    this.#checkLayout()
  }

  /** Add a piece, and give the file that ended before it. */
  async *add(piece: Piece): AsyncGenerator<ExportedFile, void, void> {
    if (this.#endsBefore(piece)) yield* this.#finish()
    this.#batch = piece.batch ?? this.#batch
    const { writer } = await this.#opened()
    await writer.add(piece)
    this.#checkLayout()
  }

  /** Give the last file. */
  async *end(): AsyncGenerator<ExportedFile, void, void> {
    if (this.#written === 0) await this.#opened()
    yield* this.#finish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.file[Symbol.asyncDispose]()
  }

  #endsBefore({ opensOperation, batch, block }: Piece): boolean {
    const { perFile, generation } = this.#options
    const writer = this.#open?.writer
    if (writer === undefined || !opensOperation) return false
    if (generation === undefined) return this.#cursor.number - writer.header.start.number >= BigInt(perFile)
    if (writer.isFull && block !== undefined) return true
    return writer.blocks >= perFile && batch !== undefined && batch !== this.#batch
  }

  async #opened(): Promise<{ readonly writer: ArchiveWriter; readonly file: NewFile }> {
    if (this.#open !== undefined) return this.#open
    const { header, out, generation: encoding } = this.#options
    const { generation, version, systemId, streamType } = header
    const identity = { generation, version, systemId, streamType }
    // An archive's name is that of its content: another of that name is the same.
    const file = await createFile(join(out, `${systemId}-${this.#cursor.number}.e2ds`), { replace: true })
    try {
      const writer = await ArchiveWriter.begin(file, { identity, encoding }, this.#cursor)
      this.#open = { writer, file }
      return this.#open
    } catch (error) {
      await file[Symbol.asyncDispose]()
      throw error
    }
  }

  async *#finish(): AsyncGenerator<ExportedFile, void, void> {
    if (this.#open === undefined) return
    const { writer, file } = this.#open
    const end = await writer.finish()
    const name = archiveNameOf(writer.header, end)
    const path = join(this.#options.out, name)
    await file.commit(path)
    this.#open = undefined
    this.#written++
    const { header, firstBlock, blocks } = writer
    yield { name, path, header, end, firstBlock, blocks }
  }

  /** Throw unless all entries together take the bytes that the stream says. */
  #checkLayout(): void {
    const { totalEntries, totalLength } = this.#options.header
    if (this.#cursor.number !== totalEntries) return
    const { position } = this.#cursor.point()
    if (position === totalLength) return
    const message = `${totalEntries} entries should take ${position} bytes, the stream has ${totalLength}`
    throw new ExportError('LAYOUT_DIFFERS', message)
  }
}
