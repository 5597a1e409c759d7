import type { DiskFile } from '../disk/disk.ts'
import { samePoint } from '../log/commit-point.ts'
import { type HeaderPage, readHeaderPage } from '../log/header-page.ts'

export interface StableHeaderOptions {
  readonly file: DiskFile
  readonly path: string
  readonly magic?: Uint8Array | undefined
}

/** Reads of a header that keeps changing before it is left to the next poll. */
const MAX_READS = 16

/** Reads the header page of a file that another process may be writing. */
export class StableHeader {
  readonly #options: StableHeaderOptions
  /** What was read last. */
  #page: HeaderPage | undefined

  constructor(options: StableHeaderOptions) {
    this.#options = options
  }

  /** A header on which two reads agree, including the last one before this call; `undefined` if it keeps changing. */
  async read(): Promise<HeaderPage | undefined> {
    const { file, path, magic } = this.#options
    for (let reads = 0; reads < MAX_READS; reads++) {
      const before = this.#page
      this.#page = await readHeaderPage(file, path, { magic })
      if (before !== undefined && samePoint(before.header, this.#page.header)) return this.#page
    }
    return undefined
  }
}
