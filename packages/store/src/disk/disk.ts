import type { LockReach } from './file-lock.ts'

/**
 * All that the store asks of a disk. Tests use a simulated one that loses, tears and reorders what was not synced.
 */
export interface Disk {
  /**
   * Open a file: for reading, for both, or for both and made if absent.
   *
   * @throws {RefusedError} `NOT_A_FILE` if it is no regular file, without opening it
   */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>
  /**
   * Whether a path exists. Errors other than "not found" are thrown: they do not mean that it is absent.
   *
   * @throws {RefusedError} `LEADS_NOWHERE` if a symbolic link leads to nothing
   */
  exists(path: string): Promise<boolean>
  /** Names of everything in the folder of a file. */
  namesBeside(path: string): Promise<readonly string[]>
  /** Remove a file, if it exists. */
  remove(path: string): Promise<void>
  /** Rename a file to a name that is not in use. @throws `EEXIST` if it is */
  rename(from: string, to: string): Promise<void>
  /** Make the folders of a file; returns those that were missing, the outermost first. */
  makeFoldersOf(path: string): Promise<readonly string[]>
  /** Remove a folder, if it is empty. */
  removeFolder(path: string): Promise<void>
  /** Make the directory entries of a file's folder durable. */
  syncFolderOf(path: string): Promise<void>
  /** Changes when the machine reboots, which may lose what was not synced; empty if it is unknown. */
  bootId(): Promise<string>
}

export interface DiskFile {
  /** Fill `into` from `position` on; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Write at `position`; returns the bytes written, which may be fewer. */
  write(from: readonly Uint8Array[], position: number): Promise<number>
  /** Resolves when everything written so far is durable. */
  sync(): Promise<void>
  /**
   * Free the disk space of the bytes from `from` to `to`, as far as they fill whole blocks: these are zero from then on. The size
   * stays.
   *
   * @throws {DiskError} `CANNOT_FREE` if this machine or its file system has no such call, or it failed; the bytes may be as before
   */
  free(from: number, to: number): Promise<void>
  /** Set the size; new bytes are zero. */
  resize(size: number): Promise<void>
  size(): Promise<number>
  /** Whether `path` still is the name of this file, and of no other. */
  isAt(path: string): Promise<boolean>
  /**
   * Lock it against other writers, under any name, until it is closed.
   *
   * @returns who is kept out; `undefined` if another writer has it locked
   */
  lock(): Promise<LockReach | undefined>
  close(): Promise<void>
}

/** Write all chunks, one after the other, from `position` on. */
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
    if (whole === rest.length) return
    rest = rest.slice(whole)
    if (written > 0) rest = [(rest[0] as Uint8Array).subarray(written), ...rest.slice(1)]
  }
}

/** Read exactly `length` bytes. @throws {RangeError} if the file ends earlier */
export async function readExactly(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const got = await file.read(bytes, position)
  if (got < length) throw new RangeError(`the file ends at byte ${position + got}, expected ${position + length}`)
  return bytes
}
