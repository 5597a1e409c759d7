import { constants, readSync, writev, writevSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { systemClock } from '@datastreamer/runtime'
import { DirectCalls } from './direct-calls.ts'
import type { Disk, DiskFile } from './disk.ts'
import { exists } from './exists.ts'
import { type FileLock, isFileAt, type LockReach, lockHandle } from './file-lock.ts'
import { mustBeFile } from './must-be-file.ts'
import { punchHole } from './punch-hole.ts'
import { renameOnly } from './rename-only.ts'

/** Most buffers that one vectored write takes (IOV_MAX on Linux). */
const MAX_BUFFERS = 1024

/** If a pipe replaces the file while it is opened, opening it does not block. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0
const FLAGS = {
  read: constants.O_RDONLY | WITHOUT_WAITING,
  write: constants.O_RDWR | WITHOUT_WAITING,
  create: constants.O_RDWR | constants.O_CREAT | WITHOUT_WAITING,
}

/** Of all files of the thread: mostly they are on the same disk. */
const directWrites = new DirectCalls(systemClock, 64 * 1024)
const directReads = new DirectCalls(systemClock, 384 * 1024)

/** The machine's own disk. */
export const nodeDisk: Disk = {
  async open(path, mode) {
    // Opening a dangling link would create its target.
    const isThere = mode !== 'create' || (await exists(path))
    const found = isThere ? await stat(path).catch(() => undefined) : undefined
    if (found !== undefined) mustBeFile(path, found)
    const handle = await open(path, FLAGS[mode])
    try {
      mustBeFile(path, await handle.stat())
      return new NodeFile(handle)
    } catch (error) {
      await handle.close()
      throw error
    }
  },

  exists,

  namesBeside: (path) => readdir(dirname(path)),

  async remove(path) {
    await rm(path, { force: true })
  },

  rename: (from, to) => renameOnly(from, to),

  async makeFoldersOf(path) {
    const folder = resolve(dirname(path))
    const first = await mkdir(folder, { recursive: true })
    const made: string[] = []
    if (first === undefined) return made
    for (let at = folder; at !== dirname(first); at = dirname(at)) made.unshift(at)
    return made
  },

  async removeFolder(path) {
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error
    })
  },

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
  #lock: FileLock | undefined
  /** Syncs under way, for which a write may have to wait. */
  #syncs = 0

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let got = 0
    while (got < into.length) {
      const bytesRead = await this.#readSome(into.subarray(got), position + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    return got
  }

  async write(from: readonly Uint8Array[], position: number): Promise<number> {
    const chunks = from.slice(0, MAX_BUFFERS)
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    const { fd } = this.#handle
    if (this.#syncs === 0 && directWrites.mayCall(bytes))
      return directWrites.run(() => writevSync(fd, chunks, position))
    const began = systemClock.now()
    const written = await handOver(fd, chunks, position)
    directWrites.onHandedOver(bytes, systemClock.now() - began)
    return written
  }

  async sync(): Promise<void> {
    this.#syncs++
    try {
      await this.#handle.datasync()
    } finally {
      this.#syncs--
    }
  }

  async resize(size: number): Promise<void> {
    await this.#handle.truncate(size)
  }

  async free(from: number, to: number): Promise<void> {
    await punchHole(this.#handle.fd, from, to)
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  isAt(path: string): Promise<boolean> {
    return isFileAt(this.#handle, path)
  }

  async lock(): Promise<LockReach | undefined> {
    this.#lock ??= await lockHandle(this.#handle)
    return this.#lock?.reach
  }

  async #readSome(into: Uint8Array, position: number): Promise<number> {
    const { length } = into
    if (directReads.mayCall(length)) return directReads.run(() => readSync(this.#handle.fd, into, 0, length, position))
    const began = systemClock.now()
    const { bytesRead } = await this.#handle.read(into, 0, length, position)
    directReads.onHandedOver(length, systemClock.now() - began)
    return bytesRead
  }

  async close(): Promise<void> {
    this.#lock?.release()
    this.#lock = undefined
    await this.#handle.close()
  }
}

/** Write in another thread. The methods of `FileHandle` take 25 µs more. */
function handOver(fd: number, chunks: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, chunks, position, (error, written) => {
      if (error === null) resolve(written)
      else reject(error)
    })
  })
}
