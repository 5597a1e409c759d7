import { createHash, type Hash } from 'node:crypto'
import { constants, type FileHandle, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openRegularFile } from '../node/regular-file.ts'
import { syncPath } from '../node/sync-path.ts'
import { withPath } from '../node/with-path.ts'

/** What the bytes of an unfinished file are of, so that the rest can be asked for. */
export interface PartOrigin {
  /** Name of the location. */
  readonly location: string
  /** Size of the whole file in bytes, if the location says. */
  readonly size?: number | undefined
  readonly validator?: string | undefined
  /** Listed hash of the whole file: what has the same is the same file, wherever it is. */
  readonly sha256?: string | undefined
}

const READ_BYTES = 1_048_576

/**
 * A file on its way: `<name>.part`, and `<name>.part.json` that says what it is a part of. Its bytes are hashed as they are
 * written; those of an earlier run are read again.
 */
export class PartFile implements AsyncDisposable {
  readonly path: string
  readonly #file: FileHandle
  #origin: PartOrigin | undefined
  #hash: Hash = createHash('sha256')
  #size = 0
  #inherited = 0
  #isCommitted = false

  private constructor(path: string, file: FileHandle, origin: PartOrigin | undefined) {
    this.path = path
    this.#file = file
    this.#origin = origin
  }

  /** Open the part of the file of this path, made if it is absent. */
  static async open(target: string): Promise<PartFile> {
    const path = `${target}.part`
    const { file, size } = await openRegularFile(path, constants.O_RDWR | constants.O_CREAT)
    try {
      const origin = await readOrigin(path)
      const part = new PartFile(path, file, origin)
      if (origin === undefined) await file.truncate(0)
      else await part.#readAgain(size)
      part.#inherited = part.#size
      return part
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Bytes that there are. */
  get size(): number {
    return this.#size
  }

  /** Bytes that an earlier run left and that are still part of it. */
  get inherited(): number {
    return this.#inherited
  }

  /** What the bytes are of; `undefined` while there are none. */
  get origin(): PartOrigin | undefined {
    return this.#origin
  }

  /** Begin again, with bytes of this origin. */
  async restart(origin: PartOrigin): Promise<void> {
    await this.clear()
    await this.continueFrom(origin)
  }

  /** Forget all bytes: they are not those of the file that was wanted. */
  async clear(): Promise<void> {
    // First what says that the bytes are good for anything.
    await rm(`${this.path}.json`, { force: true })
    await this.#file.truncate(0)
    this.#size = 0
    this.#inherited = 0
    this.#origin = undefined
    this.#hash = createHash('sha256')
  }

  /** The next bytes are of this origin, and so are those before them. */
  async continueFrom(origin: PartOrigin): Promise<void> {
    this.#origin = origin
    const path = `${this.path}.json`
    await withPath(`${path}.new`, writeFile(`${path}.new`, `${JSON.stringify({ version: 1, ...origin })}\n`))
    await rename(`${path}.new`, path)
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    for (let done = 0; done < bytes.length; ) {
      const writing = this.#file.write(bytes, done, bytes.length - done, this.#size)
      const { bytesWritten } = await withPath(this.path, writing)
      done += bytesWritten
      this.#size += bytesWritten
    }
  }

  /** SHA-256 of the bytes so far, in hex. */
  sha256(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Make the bytes durable and give them this name, which replaces a file that has it. */
  async commit(target: string): Promise<void> {
    await withPath(this.path, this.#file.sync())
    await this.#file.close()
    this.#isCommitted = true
    await rename(this.path, target)
    await rm(`${this.path}.json`, { force: true })
    await syncPath(dirname(target))
  }

  /** Close it. It stays as it is, unless it has no bytes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isCommitted) return
    await this.#file.close().catch(() => undefined)
    if (this.#size > 0) return
    await rm(`${this.path}.json`, { force: true })
    await rm(this.path, { force: true })
  }

  async #readAgain(size: number): Promise<void> {
    const bytes = new Uint8Array(READ_BYTES)
    while (this.#size < size) {
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.#size)
      if (bytesRead === 0) break
      this.#hash.update(bytes.subarray(0, bytesRead))
      this.#size += bytesRead
    }
  }
}

/** Bytes of an unfinished file that another run left. */
export async function partSize(target: string): Promise<number> {
  const path = `${target}.part`
  if ((await readOrigin(path)) === undefined) return 0
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

async function readOrigin(path: string): Promise<PartOrigin | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(`${path}.json`, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { version, location, size, validator, sha256 } = value as Readonly<Record<string, unknown>>
    if (version !== 1 || typeof location !== 'string') return undefined
    return {
      location,
      ...(typeof size === 'number' && { size }),
      ...(typeof validator === 'string' && { validator }),
      ...(typeof sha256 === 'string' && { sha256 }),
    }
  } catch {
    return undefined
  }
}
