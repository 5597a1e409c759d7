import type { DiskFile } from './disk.ts'

/** A descriptor, and the number of calls under way on it. */
interface Descriptor {
  readonly file: DiskFile
  calls: number
  isReplaced: boolean
}

/**
 * A file that can be reopened while it is in use, to get rid of a descriptor that a failing disk has spoilt. Calls under way
 * finish on the descriptor that they began on. The first descriptor stays open beside the others, since it may hold a lock.
 */
export class ReopenableFile implements DiskFile {
  readonly #first: DiskFile
  #now: Descriptor

  constructor(file: DiskFile) {
    this.#first = file
    this.#now = { file, calls: 0, isReplaced: false }
  }

  /** Use another descriptor of the same file from now on. */
  async replaceBy(file: DiskFile): Promise<void> {
    const before = this.#now
    this.#now = { file, calls: 0, isReplaced: false }
    before.isReplaced = true
    await this.#closeUnused(before)
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#call((file) => file.read(into, position))
  }

  write(from: readonly Uint8Array[], position: number): Promise<number> {
    return this.#call((file) => file.write(from, position))
  }

  sync(): Promise<void> {
    return this.#call((file) => file.sync())
  }

  resize(size: number): Promise<void> {
    return this.#call((file) => file.resize(size))
  }

  free(from: number, to: number): Promise<void> {
    return this.#call((file) => file.free(from, to))
  }

  size(): Promise<number> {
    return this.#call((file) => file.size())
  }

  isAt(path: string): Promise<boolean> {
    return this.#first.isAt(path)
  }

  lock(): ReturnType<DiskFile['lock']> {
    return this.#first.lock()
  }

  async close(): Promise<void> {
    const { file } = this.#now
    try {
      if (file !== this.#first) await file.close()
    } finally {
      await this.#first.close()
    }
  }

  async #call<T>(work: (file: DiskFile) => Promise<T>): Promise<T> {
    const descriptor = this.#now
    descriptor.calls++
    try {
      return await work(descriptor.file)
    } finally {
      descriptor.calls--
      await this.#closeUnused(descriptor)
    }
  }

  async #closeUnused({ file, calls, isReplaced }: Descriptor): Promise<void> {
    // Nothing depends on a replaced descriptor any more.
    if (isReplaced && calls === 0 && file !== this.#first) await file.close().catch(() => undefined)
  }
}
