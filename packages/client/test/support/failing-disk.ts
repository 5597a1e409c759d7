import { type Disk, type DiskFile, nodeDisk } from '@datastreamer/server'

/** Position behind the header of a stream file. */
const HEADER_END = 4096

/** The machine's disk, until it is told to fail at the next header: then nothing is written or synced until it is well. */
export class FailingDisk {
  /** Whether the header that the disk fails at is in the file all the same. */
  failAt: 'before header' | 'behind header' | undefined
  #isFailing = false
  readonly disk: Disk = { ...nodeDisk, open: (path, mode) => this.#open(path, mode) }

  /** The disk is well again. */
  heal(): void {
    this.failAt = undefined
    this.#isFailing = false
  }

  async #open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    if (this.#isFailing) throw new Error('the disk is gone')
    const file = await nodeDisk.open(path, mode)
    return {
      read: (into, position) => file.read(into, position),
      write: async (from, position) => {
        if (position < HEADER_END && this.failAt === 'before header') this.#isFailing = true
        this.#check()
        const written = await file.write(from, position)
        if (position < HEADER_END && this.failAt === 'behind header') this.#isFailing = true
        return written
      },
      sync: async () => {
        this.#check()
        await file.sync()
      },
      resize: async (size) => {
        this.#check()
        await file.resize(size)
      },
      size: () => file.size(),
      isAt: (at) => file.isAt(at),
      lock: () => file.lock(),
      close: () => file.close(),
    }
  }

  #check(): void {
    if (this.#isFailing) throw new Error('the disk is gone')
  }
}
