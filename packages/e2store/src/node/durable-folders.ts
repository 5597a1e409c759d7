import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from './sync-path.ts'

/** Makes folders below one, and their names durable. */
export class DurableFolders {
  readonly #root: string
  /** Those that are there, or are being made. */
  readonly #made = new Map<string, Promise<void>>()

  /** @param root made too, with all folders above it */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * Make sure that a folder is there, and stays there. One that was there before may not be durable yet: a crash may have
   * come between.
   */
  make(path: string): Promise<void> {
    const making = this.#made.get(path) ?? this.#make(path)
    this.#made.set(path, making)
    making.catch(() => this.#made.delete(path))
    return making
  }

  async #make(path: string): Promise<void> {
    if (path === this.#root) {
      const first = await mkdir(path, { recursive: true })
      for (let made = path; made !== first && first !== undefined; made = dirname(made)) await syncPath(dirname(made))
      await syncPath(dirname(first ?? path))
      return
    }
    await this.make(dirname(path))
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await syncPath(dirname(path))
  }
}
