import zlib from 'node:zlib'
import { portableZstd } from '../codecs/portable-zstd.ts'
import type { ZstdDecoder, ZstdEncoder } from '../codecs/zstd.ts'

const LEVEL = 3
/** Largest window that a frame may ask memory for, as a power of 2. */
const MAX_WINDOW_LOG = 21
/** Least that zlib gives out at a time. */
const LEAST_CHUNK_BYTES = 64

/** What zlib gives if it is asked for more than the bytes. */
interface Result {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/**
 * By Node's zlib, of versions that have it. In a thread of the system's pool: that is as fast as without, and several records
 * are decompressed at a time.
 */
export const nodeZstd: ZstdDecoder = {
  decompress(frame, size) {
    // Older versions of Node do not have it.
    if (zlib.zstdDecompress === undefined) return portableZstd.decompress(frame, size)
    return new Promise((resolve, reject) => {
      const options = {
        info: true,
        maxOutputLength: size,
        // With room for all of it, one visit to the pool is enough.
        chunkSize: Math.max(size, LEAST_CHUNK_BYTES),
        params: { [zlib.constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      }
      zlib.zstdDecompress(frame, options, (error, result) => {
        if (error !== null) return reject(error)
        const { buffer, engine } = result as unknown as Result
        if (buffer.length !== size) return reject(new RangeError(`${buffer.length} bytes come out, expected ${size}`))
        if (engine.bytesWritten !== frame.length) return reject(new RangeError('bytes follow the frame'))
        return resolve(buffer)
      })
    })
  },
}

/**
 * By Node's zlib, in a thread of the system's pool.
 *
 * @throws {TypeError} where this version of Node has no zstd
 */
export const nodeZstdEncoder: ZstdEncoder = {
  compress: (content) =>
    new Promise((resolve, reject) => {
      const options = {
        params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
        pledgedSrcSize: content.length,
        // Room for all of it: then one visit to the pool is enough.
        chunkSize: Math.max(content.length, LEAST_CHUNK_BYTES) + 1024,
      }
      zlib.zstdCompress(content, options, (error, frame) => {
        if (error === null) resolve(frame)
        else reject(error)
      })
    }),
}
