import { readSync } from 'node:fs'
import { constants, type FileHandle } from 'node:fs/promises'
import { ByteSourceError } from '../errors.ts'
import { type ByteSource, checkRange } from '../io/byte-source.ts'
import { DirectReads } from './direct-reads.ts'
import { openRegularFile } from './regular-file.ts'

/** An open file as a source. Closing is idempotent. */
export interface FileSource extends ByteSource, AsyncDisposable {
  readonly path: string
  read(position: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

const directReads = new DirectReads()

/** Fill `bytes` from `position` on, in as many reads as it takes. */
export async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let have = readDirectly(file, bytes, position); have < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, have, bytes.length - have, position + have)
    if (bytesRead === 0) {
      const what = `wanted ${bytes.length} bytes at ${position}, the file ended after ${have}`
      throw new ByteSourceError('SHORT_READ', what)
    }
    have += bytesRead
  }
}

/** Read at once what is probably in memory; returns how many bytes were read. */
function readDirectly(file: FileHandle, bytes: Uint8Array, position: number): number {
  if (!directReads.take(bytes.length)) return 0
  const start = performance.now()
  const have = readSync(file.fd, bytes, 0, bytes.length, position)
  directReads.took(performance.now() - start)
  return have
}

/**
 * Open a file for random access. Its size is read once; a file that shrinks afterwards gives `SHORT_READ`.
 *
 * @throws {ByteSourceError} `NOT_A_FILE`
 */
export async function openFile(path: string): Promise<FileSource> {
  const { file, size } = await openRegularFile(path, constants.O_RDONLY)
  return fileSource(path, file, size)
}

function fileSource(path: string, file: FileHandle, size: number): FileSource {
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= file.close().catch(() => undefined)
    return closed
  }
  const check = (position: number, length: number): void => {
    if (closed !== undefined) throw new ByteSourceError('CLOSED', `${path} is closed`)
    checkRange(size, position, length)
  }
  return {
    path,
    size,
    async read(position, length) {
      check(position, length)
      const bytes = new Uint8Array(length)
      await readFully(file, bytes, position)
      return bytes
    },
    async readInto(position, target) {
      check(position, target.length)
      await readFully(file, target, position)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
