import { type Disk, nodeDisk } from '../src/index.ts'

/** The machine's disk, which counts how many of its files are open. */
export class CountingDisk {
  filesOpen = 0

  readonly disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => {
      const file = await nodeDisk.open(path, mode)
      const close = file.close.bind(file)
      this.filesOpen++
      return Object.assign(file, {
        close: async () => {
          await close()
          this.filesOpen--
        },
      })
    },
  }
}
