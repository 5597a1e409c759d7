import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { equalBytes } from '../io/bytes.ts'
import { Slots } from '../location/http/slots.ts'
import { checkBounds, checkKey } from '../objects/keys.ts'
import { conflict, otherSize, tooLarge } from '../objects/object-errors.ts'
import type { GetObjectOptions, GetObjectRangeOptions, PutObjectOptions, WritableObjects } from '../objects/objects.ts'
import { DurableFolders } from './durable-folders.ts'
import { createFile } from './file-sink.ts'
import { type FileSource, openFile } from './file-source.ts'
import { syncPath } from './sync-path.ts'

/** Where files are written before they get their names; no key leads there. */
const UNFINISHED = '.put'
/** Most files that are open at a time. */
const MAX_OPEN = 16

/** Unfinished files of this process, by name: others are left over. */
const unfinished = new Set<string>()

/**
 * The objects in a folder: each is the file whose path is its key. Folders are made as they are needed, the folder
 * itself too; a key cannot be the folder of another.
 *
 * Files get their names when they are complete and durable. Until then they are in the folder `.put`, where the first
 * `put` removes what a crash left. This takes no lock: only one process may store at a time. An empty file under the
 * key of an immutable object, as a crash leaves it on a file system without hard links, is replaced.
 *
 * Besides {@link LocationError}s, errors of the system stay as they are, and what is no regular file is a
 * `ByteSourceError` `NOT_A_FILE`.
 */
export function folderObjects(path: string): WritableObjects {
  return new FolderObjects(path)
}

class FolderObjects implements WritableObjects {
  readonly name: string
  readonly #root: string
  readonly #folders: DurableFolders
  readonly #slots = new Slots(MAX_OPEN)
  #cleared: Promise<void> | undefined

  constructor(path: string) {
    this.name = path
    this.#root = resolve(path)
    this.#folders = new DurableFolders(this.#root)
  }

  async get(key: string, { signal, maxBytes }: GetObjectOptions): Promise<Uint8Array | undefined> {
    return this.#read(key, signal, (file) => {
      if (file.size > maxBytes) throw tooLarge(file.path, maxBytes, file.size)
      return file.read(0, file.size)
    })
  }

  async getRange(
    key: string,
    from: number,
    to: number,
    { signal, size }: GetObjectRangeOptions = {},
  ): Promise<Uint8Array | undefined> {
    checkBounds(from, to, size)
    return this.#read(key, signal, (file) => {
      if (file.size !== (size ?? file.size)) throw otherSize(file.path, file.size, `${size}`)
      if (file.size < to) throw otherSize(file.path, file.size, `${to} or more`)
      return file.read(from, to - from)
    })
  }

  async put(key: string, bytes: Uint8Array, { kind, signal }: PutObjectOptions): Promise<void> {
    const path = this.#pathOf(key)
    await this.#slots.run(async () => {
      signal?.throwIfAborted()
      await this.#clear()
      await this.#folders.make(dirname(path))
      if (kind === 'mutable') await this.#write(path, bytes, true)
      else await this.#writeOnce(path, bytes)
      await syncPath(dirname(path))
    }, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #pathOf(key: string): string {
    return join(this.#root, ...checkKey(key).split('/'))
  }

  async #read(
    key: string,
    signal: GetObjectOptions['signal'],
    read: (file: FileSource) => Promise<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    const path = this.#pathOf(key)
    return this.#slots.run(async () => {
      signal?.throwIfAborted()
      await using file = await openFile(path).catch(absent)
      return file && (await read(file))
    }, signal)
  }

  async #writeOnce(path: string, bytes: Uint8Array): Promise<void> {
    const found = await stored(path, bytes)
    if (found === 'same') return
    try {
      await this.#write(path, bytes, found === 'empty')
    } catch (error) {
      // Another call was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || (await stored(path, bytes)) !== 'same') throw error
    }
  }

  async #write(path: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    const name = randomUUID()
    unfinished.add(`${name}.partial`)
    try {
      await using file = await createFile(join(this.#root, UNFINISHED, name), { replace })
      await file.write(bytes)
      await file.commit(path)
    } finally {
      unfinished.delete(`${name}.partial`)
    }
  }

  /** Make the folder for unfinished files, and remove those that a crash left there. */
  #clear(): Promise<void> {
    const clear = async (): Promise<void> => {
      const folder = join(this.#root, UNFINISHED)
      await this.#folders.make(folder)
      for (const name of await readdir(folder)) if (!unfinished.has(name)) await rm(join(folder, name), { force: true })
    }
    this.#cleared ??= clear().catch((error: unknown) => {
      this.#cleared = undefined
      throw error
    })
    return this.#cleared
  }
}

/** What there is under the key of an immutable object; if it is the same, it is durable. @throws {LocationError} `CONFLICT` */
async function stored(path: string, bytes: Uint8Array): Promise<'nothing' | 'empty' | 'same'> {
  await using file = await openFile(path).catch(absent)
  if (file === undefined) return 'nothing'
  if (file.size === 0 && bytes.length > 0) return 'empty'
  if (file.size !== bytes.length) throw conflict(path, file.size, bytes)
  const found = await file.read(0, file.size)
  if (!equalBytes(found, bytes)) throw conflict(path, found, bytes)
  await syncPath(path)
  return 'same'
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error
}
