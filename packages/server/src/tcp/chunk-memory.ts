export interface ChunkMemoryOptions {
  /** Bytes of the chunk that every reader may have. */
  readonly smallBytes: number
  /** Bytes of the chunks of readers that take them as fast as they come. */
  readonly largeBytes: number
  /** Large chunks at a time, of all readers together. */
  readonly maxLarge: number
}

/**
 * Bytes that a reader must have taken to get the last large chunk, proportionally fewer for those before. The buffers of the
 * systems on the way take about as much at once even if the reader takes nothing.
 */
const CREDIT_FOR_LAST_BYTES = 16 * 1024 * 1024
/** Free chunks that are kept for the next reader, in bytes of each size. */
const KEPT_BYTES = 8 * 1024 * 1024
/** Free chunks of each size that are kept while nobody has one: a reader that comes and goes needs two. */
const KEPT_IDLE = 2

/** Memory of a chunk, until it is released. */
export interface ChunkBuffer {
  readonly isLarge: boolean
  /** Anything may be in it. Large chunks that borrow pages of the log, or runs that readers share, have none. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

const BORROWED: ChunkBuffer = { isLarge: true, bytes: undefined }

/**
 * The memory of what is on its way to readers. Each has a small chunk; large ones are few, however many readers there
 * are, so that readers that take nothing can hold no more than that.
 */
export class ChunkMemory {
  readonly #options: ChunkMemoryOptions
  readonly #small: ChunkBuffer[] = []
  readonly #large: ChunkBuffer[] = []
  #largeInUse = 0
  /** Parts with bytes that are in use. */
  #inUse = 0

  constructor(options: ChunkMemoryOptions) {
    this.#options = options
  }

  get smallBytes(): number {
    return this.#options.smallBytes
  }

  /** Large chunks in use. */
  get largeInUse(): number {
    return this.#largeInUse
  }

  takeSmall(): ChunkBuffer {
    this.#inUse++
    return this.#small.pop() ?? { isLarge: false, bytes: memoryOf(this.smallBytes) }
  }

  /**
   * A large chunk, or `undefined` if too few are left for this reader.
   *
   * @param credit bytes that the reader took as fast as they came
   */
  takeLarge(credit: number): ChunkBuffer | undefined {
    if (this.takeLargeRight(credit) === undefined) return undefined
    this.#inUse++
    return this.#large.pop() ?? { isLarge: true, bytes: memoryOf(this.#options.largeBytes) }
  }

  /** The right to a large chunk whose bytes are borrowed from elsewhere. */
  takeLargeRight(credit: number): ChunkBuffer | undefined {
    const { maxLarge } = this.#options
    const needed = (CREDIT_FOR_LAST_BYTES * this.#largeInUse) / maxLarge
    if (this.#largeInUse >= maxLarge || credit === 0 || credit < needed) return undefined
    this.#largeInUse++
    return BORROWED
  }

  /** Release, once, what nothing uses any more. */
  release(chunk: ChunkBuffer): void {
    if (chunk.isLarge) this.#largeInUse--
    if (chunk.bytes === undefined) return
    const free = chunk.isLarge ? this.#large : this.#small
    if ((free.length + 1) * chunk.bytes.length <= KEPT_BYTES) free.push(chunk)
    else freeMemory(chunk.bytes)
    this.#inUse--
    if (this.#inUse === 0) this.#trim()
  }

  #trim(): void {
    for (const { bytes } of [...this.#small.splice(KEPT_IDLE), ...this.#large.splice(KEPT_IDLE)]) {
      if (bytes !== undefined) freeMemory(bytes)
    }
  }
}

/** Memory that the system can have back at once, and not only when the collector runs and the allocator is willing. */
function memoryOf(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }))
}

function freeMemory({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.resize(0)
}
