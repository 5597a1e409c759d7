import { viewOf } from '@datastreamer/format'
import { type SourceRequest, sourceRequestBytes, writeSourceRequest } from '@datastreamer/format/source'

/** A position between two messages. */
export interface MessagePosition {
  /** Number of the chunk, counted from the first that there ever was. */
  readonly chunk: number
  /** Byte in it. */
  readonly at: number
}

interface Chunk {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Bytes in use. */
  end: number
  /** Whether messages after `end` were handed out and then forgotten: nobody says when they are on their way. */
  isCut: boolean
}

/** Small messages share a chunk; a larger one has its own. */
const CHUNK_BYTES = 65_536
/** Chunks that are kept to be used again: a few MiB. */
const MAX_SPARE_CHUNKS = 64

/**
 * Messages as they go over the wire, kept until they are not needed any more, so that they can be sent again. Bytes that
 * were handed out are not written to before they are dropped.
 */
export class MessageLog {
  #chunks: Chunk[] = []
  /** Number of the first chunk that is kept. */
  #first = 0
  #sent: MessagePosition = { chunk: 0, at: 0 }
  #unsentBytes = 0
  /** Memory of chunks that were dropped. */
  readonly #spare: Chunk[] = []

  /** The position after the last message. */
  get end(): MessagePosition {
    const last = this.#chunks.at(-1)
    return { chunk: this.#first + Math.max(0, this.#chunks.length - 1), at: last?.end ?? 0 }
  }

  /** Bytes that were not taken to be sent. */
  get unsentBytes(): number {
    return this.#unsentBytes
  }

  /** Append a message; returns its length. @throws {RangeError} if the protocol has no place for it */
  append(request: SourceRequest): number {
    const length = sourceRequestBytes(request)
    const chunk = this.#chunkFor(length)
    chunk.end = writeSourceRequest(request, chunk.bytes, chunk.view, chunk.end)
    this.#unsentBytes += length
    return length
  }

  /** The last bytes of the last message, borrowed. */
  tail(length: number): Uint8Array {
    const last = this.#chunks.at(-1)
    if (last === undefined) return new Uint8Array(0)
    return last.bytes.subarray(last.end - length, last.end)
  }

  /** What was not taken before, borrowed. */
  takeUnsent(): Uint8Array[] {
    const parts: Uint8Array[] = []
    let { chunk, at } = this.#sent
    for (const { bytes, end } of this.#chunks.slice(chunk - this.#first)) {
      if (end > at) parts.push(bytes.subarray(at, end))
      at = 0
      chunk++
    }
    this.#sent = this.end
    this.#unsentBytes = 0
    return parts
  }

  /** Take all from `from` on once more. */
  resendFrom(from: MessagePosition): void {
    this.#sent = from
    this.#unsentBytes = this.#bytesFrom(from)
  }

  /**
   * Forget what lies before a position, which must have been taken. Its memory is used again, so the server must have
   * received it, or its connection have ended.
   */
  dropBefore({ chunk }: MessagePosition): void {
    const count = Math.min(chunk - this.#first, this.#chunks.length)
    if (count <= 0) return
    for (const dropped of this.#chunks.splice(0, count)) this.#reuse(dropped)
    this.#first += count
    // What was taken may end where a chunk ended that is gone now.
    if (this.#sent.chunk < this.#first) this.#sent = { chunk: this.#first, at: 0 }
  }

  /** Forget what lies after a position. Returns whether any of it was taken to be sent. */
  dropAfter(position: MessagePosition): boolean {
    const wasSent = isBefore(position, this.#sent)
    if (!wasSent) this.#unsentBytes -= this.#bytesFrom(position)
    // The rest of the last chunk may still be on its way: what comes next goes into another.
    const kept = this.#chunks.slice(0, position.chunk - this.#first + 1)
    const last = kept.at(-1)
    if (last !== undefined) {
      last.isCut ||= wasSent
      last.end = Math.min(last.end, position.at)
    }
    this.#chunks = kept
    this.#open(0)
    if (wasSent) {
      this.#sent = this.end
      this.#unsentBytes = 0
    }
    return wasSent
  }

  #bytesFrom({ chunk, at }: MessagePosition): number {
    const rest = this.#chunks.slice(chunk - this.#first)
    return rest.reduce((sum, { end }) => sum + end, 0) - at
  }

  #chunkFor(length: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last !== undefined && last.end + length <= last.bytes.length) return last
    return this.#open(Math.max(CHUNK_BYTES, length))
  }

  #open(bytes: number): Chunk {
    const chunk = (bytes === CHUNK_BYTES ? this.#spare.pop() : undefined) ?? newChunk(bytes)
    this.#chunks.push(chunk)
    return chunk
  }

  #reuse(chunk: Chunk): void {
    if (chunk.isCut || chunk.bytes.length !== CHUNK_BYTES || this.#spare.length === MAX_SPARE_CHUNKS) return
    chunk.end = 0
    this.#spare.push(chunk)
  }
}

function newChunk(length: number): Chunk {
  const bytes = new Uint8Array(length)
  return { bytes, view: viewOf(bytes), end: 0, isCut: false }
}

function isBefore(a: MessagePosition, b: MessagePosition): boolean {
  return a.chunk < b.chunk || (a.chunk === b.chunk && a.at < b.at)
}
