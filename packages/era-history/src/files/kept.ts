import type { HistoryFile } from './history-file.ts'

/** Keeps what was made of the files used last, up to a number of bytes, and makes it once at a time. */
export class KeptByFile<T extends { readonly bytes: number }> {
  readonly #maxBytes: number
  readonly #kept = new Map<HistoryFile, T>()
  readonly #making = new Map<HistoryFile, Promise<T>>()
  #bytes = 0

  /** @param maxBytes the last one used is kept even if it alone has more */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What is kept of a file. */
  known(file: HistoryFile): T | undefined {
    const known = this.#kept.get(file)
    if (known === undefined) return undefined
    this.#kept.delete(file)
    this.#kept.set(file, known)
    return known
  }

  /** What is kept of a file, or what `make` gives. */
  async get(file: HistoryFile, make: () => Promise<T>): Promise<T> {
    const known = this.known(file)
    if (known !== undefined) return known
    let making = this.#making.get(file)
    if (making === undefined) {
      making = make()
      this.#making.set(file, making)
      making.then(
        (made) => {
          this.#making.delete(file)
          this.put(file, made)
        },
        () => this.#making.delete(file),
      )
    }
    return making
  }

  delete(file: HistoryFile): void {
    this.#bytes -= this.#kept.get(file)?.bytes ?? 0
    this.#kept.delete(file)
  }

  /** Keep this of a file; what was used longest ago goes. */
  put(file: HistoryFile, made: T): void {
    this.delete(file)
    this.#kept.set(file, made)
    this.#bytes += made.bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) return
      this.delete(oldest)
    }
  }
}
