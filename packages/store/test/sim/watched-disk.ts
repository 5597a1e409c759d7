import type { Disk, DiskFile } from '../../src/disk/disk.ts'

/** A call that changes or syncs something, before it is carried out. */
export interface DiskCall {
  readonly call: 'write' | 'sync' | 'free' | 'resize' | 'rename' | 'remove' | 'sync folder'
  readonly path: string
  /** Position of a write, or of what is freed. */
  readonly position?: number | undefined
}

/** A disk with a hook before each call; what `before` throws, the call throws. */
export function watchedDisk(disk: Disk, before: (call: DiskCall) => Promise<void> | void): Disk {
  const toldFile = (file: DiskFile, path: string): DiskFile => ({
    read: (into, position) => file.read(into, position),
    write: async (from, position) => {
      await before({ call: 'write', path, position })
      return file.write(from, position)
    },
    sync: async () => {
      await before({ call: 'sync', path })
      await file.sync()
    },
    free: async (from, to) => {
      await before({ call: 'free', path, position: from })
      await file.free(from, to)
    },
    resize: async (size) => {
      await before({ call: 'resize', path })
      await file.resize(size)
    },
    size: () => file.size(),
    isAt: (at) => file.isAt(at),
    lock: () => file.lock(),
    close: () => file.close(),
  })
  return {
    open: async (path, mode) => toldFile(await disk.open(path, mode), path),
    exists: (path) => disk.exists(path),
    namesBeside: (path) => disk.namesBeside(path),
    remove: async (path) => {
      await before({ call: 'remove', path })
      await disk.remove(path)
    },
    rename: async (from, to) => {
      await before({ call: 'rename', path: from })
      await disk.rename(from, to)
    },
    makeFoldersOf: (path) => disk.makeFoldersOf(path),
    removeFolder: (path) => disk.removeFolder(path),
    syncFolderOf: async (path) => {
      await before({ call: 'sync folder', path })
      await disk.syncFolderOf(path)
    },
    bootId: () => disk.bootId(),
  }
}
