import { DEFAULT_WINDOW_BYTES } from './buffered.ts'
import type { ByteSink } from './byte-sink.ts'
import type { ByteSource } from './byte-source.ts'

/** Copy the bytes `[from, to)` of a source to a sink, 1 MiB at a time. */
export async function copyRange(source: ByteSource, from: number, to: number, sink: ByteSink): Promise<void> {
  for (let at = from; at < to; ) {
    const length = Math.min(DEFAULT_WINDOW_BYTES, to - at)
    await sink.write(await source.read(at, length))
    at += length
  }
}
