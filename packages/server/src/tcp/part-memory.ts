export interface PartMemoryOptions {
  /** Bytes of the parts that every reader may have. */
  readonly smallBytes: number
  /** Bytes of the parts that readers have that take them as fast as they come. */
  readonly largeBytes: number
  /** Large parts at a time, of all readers together. */
  readonly maxLarge: number
}

/**
 * What a reader must have taken for the last large part, in proportion fewer for those before. The systems on the way
 * take about as much at once from readers that stand still.
 */
const CREDIT_FOR_LAST_BYTES = 16 * 1024 * 1024
/** Free parts that are kept for the next reader, in bytes of each size. */
const KEPT_BYTES = 8 * 1024 * 1024
/** Free parts of each size that are kept while nobody has one: a reader that comes and goes needs two. */
const KEPT_IDLE = 2

/** Memory of a part, until it is given back. */
export interface PartBuffer {
  readonly isLarge: boolean
  /** Anything may be in it. Large parts that borrow the log's pages have none. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

const BORROWED: PartBuffer = { isLarge: true, bytes: undefined }

/**
 * The memory of what is on its way to readers. Each has a small part; large ones are few, however many readers there
 * are, so that those who stand still can hold no more than that.
 */
export class PartMemory {
  readonly #options: PartMemoryOptions
  readonly #small: PartBuffer[] = []
  readonly #large: PartBuffer[] = []
  #largeInUse = 0
  /** Parts with bytes that are in use. */
  #inUse = 0

  constructor(options: PartMemoryOptions) {
    this.#options = options
  }

  get smallBytes(): number {
    return this.#options.smallBytes
  }

  /** Large parts in use. */
  get largeInUse(): number {
    return this.#largeInUse
  }

  takeSmall(): PartBuffer {
    this.#inUse++
    return this.#small.pop() ?? { isLarge: false, bytes: memoryOf(this.smallBytes) }
  }

  /**
   * A large part, or `undefined` if too few are left for this reader.
   *
   * @param credit bytes that the reader took as fast as they came
   */
  takeLarge(credit: number): PartBuffer | undefined {
    if (this.takeLargeRight(credit) === undefined) return undefined
    this.#inUse++
    return this.#large.pop() ?? { isLarge: true, bytes: memoryOf(this.#options.largeBytes) }
  }

  /** The right to a large part whose bytes are borrowed from elsewhere. */
  takeLargeRight(credit: number): PartBuffer | undefined {
    const { maxLarge } = this.#options
    const needed = (CREDIT_FOR_LAST_BYTES * this.#largeInUse) / maxLarge
    if (this.#largeInUse >= maxLarge || credit === 0 || credit < needed) return undefined
    this.#largeInUse++
    return BORROWED
  }

  /** Give back, once, what nothing uses any more. */
  give(part: PartBuffer): void {
    if (part.isLarge) this.#largeInUse--
    if (part.bytes === undefined) return
    const free = part.isLarge ? this.#large : this.#small
    if ((free.length + 1) * part.bytes.length <= KEPT_BYTES) free.push(part)
    else release(part.bytes)
    this.#inUse--
    if (this.#inUse === 0) this.#trim()
  }

  #trim(): void {
    for (const { bytes } of [...this.#small.splice(KEPT_IDLE), ...this.#large.splice(KEPT_IDLE)]) {
      if (bytes !== undefined) release(bytes)
    }
  }
}

/** Memory that can be given back to the system at once, and not only when the collector comes and the allocator is willing. */
function memoryOf(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes, { maxByteLength: bytes }))
}

function release({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.resize(0)
}
