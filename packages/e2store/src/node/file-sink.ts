import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { ByteSourceError } from '../errors.ts'
import type { ByteSink } from '../io/byte-sink.ts'
import { renameOnly } from './rename-only.ts'
import { withPath } from './with-path.ts'

/** Bytes that are buffered before they are written. */
const BUFFER_BYTES = 1_048_576

/** A file that is being written. Closing is idempotent and writes what is buffered. */
export interface FileSink extends ByteSink, AsyncDisposable {
  readonly path: string
  /** Write all buffered bytes and make them durable. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** A file that gets its name only when it is complete. */
export interface NewFile extends ByteSink, AsyncDisposable {
  readonly path: string
  /** Make the file durable and give it its name. @throws `EEXIST` if a file has that name, unless it may be replaced */
  commit(name?: string): Promise<void>
}

/** Collects small writes into large ones. */
class BufferedFile implements ByteSink {
  readonly #path: string
  readonly #file: FileHandle
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  #buffered = 0
  #written: number
  #closed = false

  constructor(path: string, file: FileHandle, start: number) {
    this.#path = path
    this.#file = file
    this.#written = start
  }

  get position(): number {
    return this.#written + this.#buffered
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new ByteSourceError('CLOSED', `${this.#path} is closed`)
    if (this.#buffered + bytes.length > BUFFER_BYTES) await this.flush()
    if (bytes.length >= BUFFER_BYTES) {
      await this.#put(bytes)
    } else {
      this.#buffer.set(bytes, this.#buffered)
      this.#buffered += bytes.length
    }
  }

  /** Accept no more bytes. */
  close(): void {
    this.#closed = true
  }

  async flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#buffered)
    this.#buffered = 0
    await this.#put(bytes)
  }

  async #put(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const writing = this.#file.write(bytes, done, bytes.length - done, this.#written)
      const { bytesWritten } = await withPath(this.#path, writing)
      done += bytesWritten
      this.#written += bytesWritten
    }
  }
}

function explained(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  if (error.code === 'EEXIST')
    error.message += ': another process is writing it, or left it when it died: then remove it'
  return error
}

/** A sink that owns an open file and writes to it from `start` on. */
export function fileSink(path: string, file: FileHandle, start: number): FileSink {
  const buffer = new BufferedFile(path, file, start)
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    buffer.close()
    closed ??= buffer.flush().finally(() => file.close())
    return closed
  }
  return {
    path,
    get position() {
      return buffer.position
    },
    write: (bytes) => buffer.write(bytes),
    async sync() {
      await buffer.flush()
      await withPath(path, file.datasync())
    },
    close,
    [Symbol.asyncDispose]: () => close().catch(() => undefined),
  }
}

export interface NewFileOptions {
  /** Whether the file may replace another (default false). */
  readonly replace?: boolean | undefined
}

/**
 * Create a file that is written as `<path>.partial` and renamed when it is complete. It is removed if it is disposed of
 * without {@link NewFile.commit}.
 *
 * @throws `EEXIST` if that `.partial` exists: another process is writing it, or left it when it died
 */
export async function createFile(path: string, { replace = false }: NewFileOptions = {}): Promise<NewFile> {
  const partial = `${path}.partial`
  const file = await open(partial, 'wx').catch((error: NodeJS.ErrnoException) => Promise.reject(explained(error)))
  const buffer = new BufferedFile(partial, file, 0)
  let settled: Promise<void> | undefined
  const finish = async (name: string): Promise<void> => {
    buffer.close()
    try {
      await buffer.flush()
      await withPath(partial, file.sync())
    } finally {
      await file.close()
    }
    if (replace) await rename(partial, name)
    else await renameOnly(partial, name)
  }
  const discard = async (): Promise<void> => {
    buffer.close()
    await file.close().catch(() => undefined)
    await rm(partial, { force: true }).catch(() => undefined)
  }
  return {
    path,
    get position() {
      return buffer.position
    },
    write: (bytes) => buffer.write(bytes),
    async commit(name = path) {
      if (settled !== undefined) throw new ByteSourceError('CLOSED', `${partial} is closed`)
      settled = finish(name)
      try {
        await settled
      } catch (error) {
        await discard()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      settled ??= discard()
      await settled.catch(() => undefined)
    },
  }
}
