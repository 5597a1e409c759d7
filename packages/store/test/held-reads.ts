import type { DiskFile } from '../src/disk/disk.ts'
import { type Disk, nodeDisk } from '../src/index.ts'

/** The machine's disk, where some reads wait until a test releases them, so that others can write in between. */
export class HeldReads {
  #held: { readonly released: Promise<void>; readonly release: () => void; readonly below: number } | undefined
  /** Reads that wait. */
  waiting = 0

  readonly disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode)
      const read: DiskFile['read'] = file.read.bind(file)
      return Object.assign(file, {
        read: async (into: Uint8Array, position: number) => {
          await this.#wait(position)
          return read(into, position)
        },
      })
    },
  }

  /** From now on, let reads wait that begin below a position (default: all). */
  hold(below: number = Number.POSITIVE_INFINITY): void {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#held = { released, release, below }
  }

  release(): void {
    this.#held?.release()
    this.#held = undefined
  }

  async #wait(position: number): Promise<void> {
    if (this.#held === undefined || position >= this.#held.below) return
    this.waiting++
    await this.#held.released
    this.waiting--
  }
}
