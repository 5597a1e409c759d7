import type { LockReach } from './file-lock.ts'

/**
 * All that the store asks of a disk. Tests put a simulated one in its place that loses, tears and reorders what was not
 * synced.
 */
export interface Disk {
  /**
   * Open a file: for reading, for both, or for both and made if absent.
   *
   * @throws {RefusedError} `NOT_A_FILE` if it is no regular file, without opening it
   */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>
  /**
   * Whether there is something of that name. What the system cannot tell is thrown, and not taken for absent.
   *
   * @throws {RefusedError} `LEADS_NOWHERE` if a symbolic link leads to nothing
   */
  exists(path: string): Promise<boolean>
  /** Names of all that lies in the folder that a file lies in. */
  namesBeside(path: string): Promise<readonly string[]>
  /** Take a name away, if it is there. */
  remove(path: string): Promise<void>
  /** Give a file another name, which none must have. @throws `EEXIST` if one has it */
  rename(from: string, to: string): Promise<void>
  /** Make the folders that a file is to lie in; returns those that were not there, the outermost first. */
  makeFoldersOf(path: string): Promise<readonly string[]>
  /** Take a folder away, if it is empty. */
  removeFolder(path: string): Promise<void>
  /** Make durable which files a file's folder holds. */
  syncFolderOf(path: string): Promise<void>
  /** Changes when the machine starts anew, and so what was not synced may be lost; empty if that is unknown. */
  bootId(): Promise<string>
}

export interface DiskFile {
  /** Fill `into` from `position` on; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Write at `position`; returns the bytes written, which may be fewer. */
  write(from: readonly Uint8Array[], position: number): Promise<number>
  /** Return only when all that was written is durable. */
  sync(): Promise<void>
  /** Set the size; new bytes are zero. */
  resize(size: number): Promise<void>
  size(): Promise<number>
  /** Whether `path` still is the name of this file, and of no other. */
  isAt(path: string): Promise<boolean>
  /**
   * Lock it against other writers until it is closed, whatever name they know it by.
   *
   * @returns who is kept out; `undefined` if another writer has it locked
   */
  lock(): Promise<LockReach | undefined>
  close(): Promise<void>
}

/** Write all of the chunks, one behind the other, from `position` on. */
export async function writeAll(file: DiskFile, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let rest = chunks
  let at = position
  while (rest.length > 0) {
    let written = await file.write(rest, at)
    if (written <= 0) throw new Error(`a write of no bytes at ${at}`)
    at += written
    let whole = 0
    for (const chunk of rest) {
      if (written < chunk.length) break
      written -= chunk.length
      whole++
    }
    rest = rest.slice(whole)
    if (written > 0) rest = [(rest[0] as Uint8Array).subarray(written), ...rest.slice(1)]
  }
}

/** Read exactly `length` bytes. @throws {RangeError} if the file ends before */
export async function readExactly(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const got = await file.read(bytes, position)
  if (got < length) throw new RangeError(`the file ends at byte ${position + got}, expected ${position + length}`)
  return bytes
}
