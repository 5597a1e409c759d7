import { setImmediate as turn } from 'node:timers/promises'
import type { Disk, DiskFile } from '../../src/disk/disk.ts'
import type { Random } from './random.ts'
import { countOfShortWrite } from './sim-content.ts'
import { CrashedError, type SimDisk } from './sim-disk.ts'

/**
 * A disk for one life of a store: calls after its death have no effect. With a probability above 0 a call may take time, so
 * that others overtake it, or happen in the middle of a write.
 */
export function slowDisk(disk: SimDisk, random: Random, probability: number): Disk {
  const { deaths } = disk
  const isSlow = probability > 0
  const pass = async (): Promise<void> => {
    if (isSlow && random.chance(probability)) for (let turns = random.int(1, 3); turns > 0; turns--) await turn()
    if (disk.deaths !== deaths) throw new CrashedError('its life is over')
  }
  const slowly = async <T>(call: () => Promise<T>): Promise<T> => {
    await pass()
    const result = await call()
    await pass()
    return result
  }
  const slowFile = (file: DiskFile): DiskFile => ({
    read: (into, position) => slowly(() => file.read(into, position)),
    write: async (from, position) => {
      if (!isSlow) return slowly(() => file.write(from, position))
      const bytes = Buffer.concat(from)
      const half = countOfShortWrite(position, bytes.length, random)
      const written = await slowly(() => file.write([bytes.subarray(0, half)], position))
      if (written < half || half === bytes.length) return written
      return half + (await slowly(() => file.write([bytes.subarray(half)], position + half)))
    },
    sync: () => slowly(() => file.sync()),
    free: (from, to) => slowly(() => file.free(from, to)),
    resize: (size) => slowly(() => file.resize(size)),
    size: () => file.size(),
    isAt: (path) => file.isAt(path),
    lock: () => file.lock(),
    close: () => file.close(),
  })
  return {
    open: async (path, mode) => slowFile(await disk.open(path, mode)),
    exists: (path) => disk.exists(path),
    namesBeside: (path) => disk.namesBeside(path),
    remove: (path) => slowly(() => disk.remove(path)),
    rename: (from, to) => slowly(() => disk.rename(from, to)),
    makeFoldersOf: (path) => disk.makeFoldersOf(path),
    removeFolder: (path) => disk.removeFolder(path),
    syncFolderOf: (path) => slowly(() => disk.syncFolderOf(path)),
    bootId: () => disk.bootId(),
  }
}
