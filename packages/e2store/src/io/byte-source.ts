import { ByteSourceError } from '../errors.ts'

/** Random access to bytes of a known number: a file, a Blob, memory, ranges of a remote object. */
export interface ByteSource {
  /** Number of bytes. */
  readonly size: number
  /**
   * Exactly `length` bytes from `position` on, without waiting if they are in memory. They may be borrowed: do not write
   * to them.
   *
   * @throws {ByteSourceError} `SHORT_READ` if the bytes are not there
   */
  read(position: number, length: number): Uint8Array | Promise<Uint8Array>
  /** Fill `target` with the bytes from `position` on, for readers that reuse memory; throws as `read`. */
  readInto?(position: number, target: Uint8Array): Promise<void>
  /** All bytes, if they are in memory. */
  readonly memory?: Uint8Array
  /** Bytes that can be had without a request, for sources where a read may be one. Throws as `read`. */
  peek?(position: number, length: number): Uint8Array | undefined
  /** Be prepared for these reads, which follow soon: what is near each other is requested together. */
  willRead?(ranges: readonly ByteRange[]): void
}

/** Consecutive bytes of a source. */
export interface ByteRange {
  readonly position: number
  readonly length: number
}

/** What {@link fromBlob} needs of a `Blob` or `File`. */
export interface BlobLike {
  readonly size: number
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

/** Throw `SHORT_READ` unless a source of this size has `length` bytes at `position`. */
export function checkRange(size: number, position: number, length: number): void {
  if (!(position >= 0 && length >= 0 && position + length <= size)) {
    throw new ByteSourceError('SHORT_READ', `wanted ${length} bytes at ${position}, of ${size}`)
  }
}

/** A source over bytes in memory; what it reads borrows them. */
export function fromBytes(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    memory: bytes,
    read: (position, length) => {
      checkRange(bytes.length, position, length)
      return bytes.subarray(position, position + length)
    },
  }
}

/** A source over a `Blob` or `File`. */
export function fromBlob(blob: BlobLike): ByteSource {
  return {
    size: blob.size,
    read: async (position, length) => {
      checkRange(blob.size, position, length)
      const bytes = new Uint8Array(await blob.slice(position, position + length).arrayBuffer())
      if (bytes.length !== length) {
        throw new ByteSourceError('SHORT_READ', `wanted ${length} bytes at ${position}, got ${bytes.length}`)
      }
      return bytes
    },
  }
}
