import { constants, writev } from 'node:fs'
import { access, type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'

/** Most buffers that one vectored write takes (IOV_MAX on Linux). */
const MAX_PIECES = 1024

/** The machine's own disk. */
export const nodeDisk: Disk = {
  async open(path, mode) {
    const flags = { read: constants.O_RDONLY, write: constants.O_RDWR, create: constants.O_RDWR | constants.O_CREAT }
    const handle = await open(path, flags[mode])
    try {
      if (!(await handle.stat()).isDirectory()) return new NodeFile(handle)
      // The system opens a folder for reading, and complains later without its name.
      throw Object.assign(new Error(`EISDIR: illegal operation on a directory, open '${path}'`), {
        code: 'EISDIR',
        syscall: 'open',
        path,
      })
    } catch (error) {
      await handle.close()
      throw error
    }
  },

  async exists(path) {
    try {
      await access(path)
      return true
    } catch {
      return false
    }
  },

  async remove(path) {
    await rm(path, { force: true })
  },

  rename,

  async syncFolderOf(path) {
    const folder = await open(dirname(path), constants.O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },

  async bootId() {
    try {
      return (await readFile('/proc/sys/kernel/random/boot_id', 'ascii')).trim()
    } catch {
      return ''
    }
  },
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let got = 0
    while (got < into.length) {
      const { bytesRead } = await this.#handle.read(into, got, into.length - got, position + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return got
  }

  write(from: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      // The methods of a handle take 25 µs more, which every commit waits for twice.
      writev(this.#handle.fd, from.slice(0, MAX_PIECES), position, (error, written) => {
        if (error === null) resolve(written)
        else reject(error)
      })
    })
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
  }

  async resize(size: number): Promise<void> {
    await this.#handle.truncate(size)
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async isAt(path: string): Promise<boolean> {
    const mine = await this.#handle.stat({ bigint: true })
    try {
      const { dev, ino } = await stat(path, { bigint: true })
      return dev === mine.dev && ino === mine.ino
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
