import { grow } from './bytes.ts'

/** Where bytes are written, one piece after another. */
export interface ByteSink {
  /** Bytes written so far, or where the next one goes in the file. */
  readonly position: number
  /** Write a piece; the memory is the caller's again once this resolves. */
  write(bytes: Uint8Array): Promise<void>
}

/** A sink in memory. */
export interface MemorySink extends ByteSink {
  /** All that was written, as one array. */
  bytes(): Uint8Array
}

/** A sink that keeps what is written in memory, growing by doubling. */
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
