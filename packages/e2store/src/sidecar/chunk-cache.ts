/** Bytes that a cache of its own keeps for a sidecar. */
const DEFAULT_BYTES = 1_048_576

/**
 * Keeps what was read of sidecars most recently, up to a number of bytes: one for many sidecars bounds what all of them
 * hold.
 */
export class SidecarCache {
  readonly maxBytes: number
  readonly #kept = new Map<string, Uint8Array>()
  readonly #loading = new Map<string, Promise<Uint8Array>>()
  #bytes = 0
  #owners = 0

  /** @param maxBytes most bytes kept (default 1 MiB) */
  constructor(maxBytes: number = DEFAULT_BYTES) {
    this.maxBytes = maxBytes
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes
  }

  /** A number that no other sidecar has in this cache: keys begin with it. */
  newOwner(): number {
    return this.#owners++
  }

  /** Whether something is kept under a key. */
  has(key: string): boolean {
    return this.#kept.has(key)
  }

  /** What is kept under a key, or what `load` gives, which is asked once at a time. */
  async get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#kept.get(key)
    if (known !== undefined) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known
    }
    const waiting = this.#loading.get(key)
    if (waiting !== undefined) return waiting
    const loading = load()
    this.#loading.set(key, loading)
    try {
      const bytes = await loading
      this.put(key, bytes)
      return bytes
    } finally {
      this.#loading.delete(key)
    }
  }

  /** Keep bytes under a key; the oldest ones go. */
  put(key: string, bytes: Uint8Array): void {
    if (bytes.length > this.maxBytes || this.#kept.has(key)) return
    this.#kept.set(key, bytes)
    this.#bytes += bytes.length
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.maxBytes) break
      this.#kept.delete(oldest)
      this.#bytes -= length
    }
  }
}
