import { E2FormatError, LimitError } from '../errors.ts'
import { buffered } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { concatBytes } from '../io/bytes.ts'
import { u24 } from '../io/little-endian.ts'
import { portableSnappy } from './codec.ts'
import { ChunkReader, type FramedDecodeOptions } from './framed.ts'

/** A framed stream inside a source. */
export interface FramedRegion {
  readonly from: number
  readonly to: number
}

const WINDOW_BYTES = 262_144
const DEFAULT_MAX_BYTES = 2 ** 32

/**
 * The content of a framed stream in chunks of at most 65536 bytes, reading no further than the consumer does.
 * Holds a window and a chunk, whatever the size of the stream.
 *
 * @throws {E2FormatError} `BAD_SNAPPY`, `BAD_CHECKSUM`
 * @throws {LimitError} `OUTPUT_TOO_LARGE`; `maxBytes` is 4 GiB by default
 * @see docs/spec/e2store.md §4
 */
export async function* iterateFramed(
  source: ByteSource,
  { from, to }: FramedRegion,
  {
    maxBytes = DEFAULT_MAX_BYTES,
    codec = portableSnappy,
    step = 'read',
  }: Omit<FramedDecodeOptions, 'position' | 'allocate'> = {},
): AsyncGenerator<Uint8Array, void, void> {
  const window = buffered(source, WINDOW_BYTES)
  if (from >= to) throw new E2FormatError('BAD_SNAPPY', 'no bytes, expected the stream identifier', from, step)
  const chunk = new ChunkReader(codec, step)
  let total = 0
  for (let at = from; at < to; ) {
    const head = at + 4 <= to ? await window.read(at, 4) : undefined
    const whole = head ? 4 + u24(head, 1) : 4
    if (!head || at + whole > to) throw new E2FormatError('BAD_SNAPPY', 'incomplete chunk', at, step)
    const first = at === from
    const type = head[0] as number
    if (first || type < 0x80 || type === 0xff) {
      chunk.open(await window.read(at, whole), at)
      chunk.read(0, first)
      total += chunk.size
      if (total > maxBytes) {
        throw new LimitError('OUTPUT_TOO_LARGE', `more than ${maxBytes} decompressed bytes`, at, step)
      }
      const out = new Uint8Array(chunk.size)
      chunk.decode(out, 0)
      if (out.length > 0) yield out
    }
    at += whole
  }
}

/**
 * The first `length` bytes of a framed stream's content, fewer if it has fewer; what follows is neither read nor checked.
 *
 * @throws as {@link iterateFramed}
 */
export async function readFramedPrefix(
  source: ByteSource,
  region: FramedRegion,
  length: number,
  options: Omit<FramedDecodeOptions, 'position' | 'maxBytes' | 'allocate'> = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let have = 0
  for await (const part of iterateFramed(source, region, options)) {
    parts.push(part)
    have += part.length
    if (have >= length) break
  }
  return concatBytes(parts).subarray(0, length)
}
