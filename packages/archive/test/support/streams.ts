import { type ByteSource, fromBytes, toBytes } from '@datastreamer/e2store'
import { type Entry, HEADER_PAGE_BYTES, type Header, placeEntry } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import {
  Archive,
  type OpenArchiveOptions,
  type SegmentSink,
  type WriteArchiveOptions,
  writeArchive,
} from '../../src/index.ts'

/** A stream of made-up blocks in memory, as an entry source. */
export interface MemoryStream {
  readonly name: string
  readonly all: readonly Entry[]
  getHeader(): Header
  batches(): AsyncIterable<readonly Entry[]>
}

/** Put operations into a stream. */
function streamOf(operations: Iterable<readonly Pick<Entry, 'type' | 'data'>[]>): MemoryStream {
  const all = [...operations].flat().map(({ type, data }, i) => ({ type, data, number: BigInt(i) }))
  const totalLength = all.reduce(
    (end, { data }) => placeEntry(end, 17 + data.length) + 17 + data.length,
    HEADER_PAGE_BYTES,
  )
  const totalEntries = BigInt(all.length)
  return {
    name: 'memory',
    all,
    getHeader: () => ({ generation: 3, version: 4, systemId: 1101n, streamType: 1n, totalLength, totalEntries }),
    async *batches() {
      for (let at = 0; at < all.length; at += 100) yield all.slice(at, at + 100)
    },
  }
}

export function blocks(count: number, seed = 1n): MemoryStream {
  return streamOf(generateStream({ blocks: BigInt(count), seed }))
}

/** A segment in memory. */
export interface MemorySegment {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Archive a stream in memory. */
export async function archiveOf(
  stream: Pick<MemoryStream, 'getHeader' | 'batches'>,
  options: Partial<WriteArchiveOptions> = {},
): Promise<MemorySegment[]> {
  const segments: MemorySegment[] = []
  const create = async (): Promise<SegmentSink> => {
    const sink = toBytes()
    return {
      get position() {
        return sink.position
      },
      write: (bytes) => sink.write(bytes),
      commit: async (name) => void segments.push({ name, bytes: sink.bytes() }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
  for await (const _ of writeArchive(stream, { create, encoding: 'protobuf', perSegment: 20, ...options }));
  return segments
}

/** Open segments in memory. `opened` is called for each that is opened to be read, and may change what is read. */
export function openMemory(
  segments: readonly MemorySegment[],
  options: OpenArchiveOptions & { readonly opened?: (segment: MemorySegment) => Uint8Array | undefined } = {},
): Promise<Archive> {
  const files = segments.map((segment) => ({
    name: segment.name,
    open: (): ByteSource => fromBytes(options.opened?.(segment) ?? segment.bytes),
  }))
  return Archive.open(files, options)
}

/** The bytes with one bit changed. */
export function damaged(bytes: Uint8Array, at: number = bytes.length >> 1): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8))
  return copy
}
