import { type ByteSource, fromBytes } from '@datastreamer/e2store'
import type { Location } from '@datastreamer/e2store/location'

/** Files in memory as a location; counts what is open and what was read. */
export class MemoryLocation implements Location {
  readonly name = 'memory'
  readonly files: Map<string, Uint8Array>
  /** Files open now, and the most that were open at a time. */
  openNow = 0
  mostOpen = 0
  bytesRead = 0

  constructor(files: Iterable<readonly [string, Uint8Array]>) {
    this.files = new Map(files)
  }

  async list(): Promise<readonly { readonly name: string }[]> {
    return [...this.files.keys()].map((name) => ({ name })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async open(name: string): ReturnType<Location['open']> {
    const { size } = this.#source(name)
    this.openNow++
    this.mostOpen = Math.max(this.mostOpen, this.openNow)
    return {
      name,
      size,
      read: async (position, length) => {
        this.bytesRead += length
        return this.#source(name).read(position, length)
      },
      [Symbol.asyncDispose]: async () => {
        this.openNow--
      },
    }
  }

  /** Of the bytes that there are now: files can change while they are open. */
  #source(name: string): ByteSource {
    return fromBytes(this.files.get(name) ?? new Uint8Array(0))
  }

  async readText(): Promise<undefined> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
