import { type Disk, nodeDisk } from '../src/index.ts'

/** The machine's disk, counting open files and reads. */
export class CountingDisk {
  filesOpen = 0
  reads = 0

  readonly disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode)
      const close = file.close.bind(file)
      const read = file.read.bind(file)
      this.filesOpen++
      return Object.assign(file, {
        read: (into: Uint8Array, position: number) => {
          this.reads++
          return read(into, position)
        },
        close: async () => {
          await close()
          this.filesOpen--
        },
      })
    },
  }
}
