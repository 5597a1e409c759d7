import type { Compressed } from '@datastreamer/format'
import { ProtocolError } from '../errors.ts'

/** Largest window that a frame may ask memory for, as a power of 2. docs/spec/protocol.md §10. */
const MAX_WINDOW_LOG = 21
/** Least that zlib gives out at a time. */
const LEAST_CHUNK_BYTES = 64

/** What zlib gives if it is asked for more than the bytes. */
interface Result {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/**
 * Decompress what is in a compressed packet, in a thread of the system's pool and no further than to the size that it
 * says. zlib is loaded at the first use. docs/spec/protocol.md §10.
 *
 * @throws {ProtocolError} `BAD_PACKET` if it is no zstd frame, or gives another number of bytes
 */
export async function decompress({ size, frame }: Compressed): Promise<Uint8Array> {
  const { constants, zstdDecompress } = await import('node:zlib')
  return new Promise((resolve, reject) => {
    const fault = (what: string, cause?: Error): void => {
      const options = cause && { cause }
      reject(new ProtocolError('BAD_PACKET', `the server sent compressed packets of ${size} bytes: ${what}`, options))
    }
    const options = {
      info: true,
      maxOutputLength: size,
      // With room for all of it, one visit to the pool is enough.
      chunkSize: Math.max(size, LEAST_CHUNK_BYTES),
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
    }
    zstdDecompress(frame, options, (error, result) => {
      if (error !== null) {
        fault(error.message, error)
        return
      }
      const { buffer, engine } = result as unknown as Result
      const left = frame.length - engine.bytesWritten
      if (buffer.length !== size) fault(`they have ${buffer.length}`)
      else if (left !== 0) fault(`${left} bytes follow the frame`)
      else resolve(buffer)
    })
  })
}
