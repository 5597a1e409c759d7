import type { DiskFile } from '../src/disk/disk.ts'
import { nodeDisk } from '../src/disk/node-disk.ts'

/** The machine's disk, with a hook before each read, write and sync of the stream file. */
export function gatedDisk() {
  const gate = {
    beforeRead: async (): Promise<void> => {},
    beforeSync: async (): Promise<void> => {},
    beforeWrite: async (_position: number, _bytes: number): Promise<void> => {},
  }
  const open: typeof nodeDisk.open = async (path, mode): Promise<DiskFile> => {
    const file = await nodeDisk.open(path, mode)
    // A new file is written under its temporary name.
    if (!/stream\.(bin|new)$/.test(path)) return file
    return {
      read: async (into, position) => {
        await gate.beforeRead()
        return file.read(into, position)
      },
      write: async (from, position) => {
        await gate.beforeWrite(
          position,
          from.reduce((sum, { length }) => sum + length, 0),
        )
        return file.write(from, position)
      },
      free: (from, to) => file.free(from, to),
      resize: (size) => file.resize(size),
      size: () => file.size(),
      isAt: (at) => file.isAt(at),
      lock: () => file.lock(),
      sync: async () => {
        await gate.beforeSync()
        await file.sync()
      },
      close: () => file.close(),
    }
  }
  return { gate, disk: { ...nodeDisk, open } }
}

/** Waits until a test opens it. */
export function standstill(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve: () => resolve() }
}
