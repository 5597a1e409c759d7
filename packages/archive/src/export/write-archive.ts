import { BOOKMARK_TYPE, type Entry, type EntrySource, encodeEntry, type Signal } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { throwIfAborted } from '../abort.ts'
import { ExportError } from '../errors.ts'
import { sameBytes } from '../segment/point.ts'
import { portableSha256, type Sha256 } from '../sha256.ts'
import { OperationSplitter } from './operation-splitter.ts'
import { SegmentSequence, type SegmentSink, type WrittenSegment } from './segment-sequence.ts'

export interface WriteArchiveOptions {
  /** Begins a segment, under a name of its own until it is committed: `segmentFolder` of `./node` makes files. */
  readonly create: (name: string) => Promise<SegmentSink>
  /** How entries are encoded, to split between batches; without it segments are split by entries, without an index. */
  readonly encoding?: Generation | undefined
  /** Blocks, or entries without `encoding`, from which on a segment ends at the next chance. */
  readonly perSegment: number
  /** The first entry to archive: its number, or a bookmark (default: entry 0). */
  readonly from?: bigint | Uint8Array | undefined
  /** Whether the archive ends before or after an entry (default: at the head, as it is when reading begins). */
  readonly endAt?: ((entry: Entry) => 'before' | 'after' | undefined) | undefined
  readonly signal?: Signal | undefined
  /** Called with the entries that are read. */
  readonly onProgress?: ((entries: number, total: number) => void) | undefined
  /** (default {@link portableSha256}) */
  readonly sha256?: Sha256 | undefined
}

/**
 * Archive a stream in segments, split between batches, and give each once it is whole. The stream is read from entry 0,
 * because digests go over all of it. Memory does not grow with it.
 *
 * @throws {ExportError} @throws {SequencerEntryError}
 * @see docs/spec/archive.md §5
 */
export async function* writeArchive(
  source: Pick<EntrySource, 'getHeader' | 'batches'>,
  options: WriteArchiveOptions,
): AsyncGenerator<WrittenSegment, void, void> {
  const { create, encoding, perSegment, from = 0n, endAt, signal, onProgress, sha256 = portableSha256 } = options
  const header = await source.getHeader()
  const splitter = new OperationSplitter(encoding)
  await using segments = new SegmentSequence({ header, encoding, perSegment, create, sha256 })
  let started = false
  for await (const batch of until(source.batches({ follow: false, signal }), endAt)) {
    throwIfAborted(signal)
    for (const entry of batch) {
      started ||= beginsAt(entry, from)
      if (!started) segments.pass(encodeEntry(entry))
      else for (const run of splitter.push(entry)) yield* segments.add(run)
    }
    onProgress?.(Number(batch.at(-1)?.number ?? 0n), Number(header.totalEntries))
  }
  if (!started && from !== 0n)
    throw new ExportError('NOT_FOUND', 'the stream does not have what it is to be archived from')
  for (const run of splitter.end()) yield* segments.add(run)
  yield* segments.end()
}

function beginsAt({ number, type, data }: Entry, from: bigint | Uint8Array): boolean {
  return typeof from === 'bigint' ? number >= from : type === BOOKMARK_TYPE && sameBytes(data, from)
}

async function* until(
  batches: AsyncIterable<readonly Entry[]>,
  endAt: WriteArchiveOptions['endAt'],
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const batch of batches) {
    const end = endAt === undefined ? -1 : batch.findIndex((entry) => endAt(entry) !== undefined)
    const last = batch[end]
    if (last === undefined) yield batch
    else return yield batch.slice(0, endAt?.(last) === 'after' ? end + 1 : end)
  }
}
