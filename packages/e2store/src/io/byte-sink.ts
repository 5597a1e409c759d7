import { grow } from './bytes.ts'

/** A destination for bytes, written in order. */
export interface ByteSink {
  /** Position in the file of the next byte. */
  readonly position: number
  /** Append bytes; the caller may reuse their memory once this resolves. */
  write(bytes: Uint8Array): Promise<void>
}

/** A sink in memory. */
export interface MemorySink extends ByteSink {
  /** A copy of all bytes written. */
  bytes(): Uint8Array
}

/** A sink in memory. */
export function toBytes(): MemorySink {
  let memory: Uint8Array = new Uint8Array(1024)
  let position = 0
  return {
    get position() {
      return position
    },
    async write(bytes) {
      if (position + bytes.length > memory.length) memory = grow(memory, position + bytes.length)
      memory.set(bytes, position)
      position += bytes.length
    },
    bytes: () => memory.slice(0, position),
  }
}
