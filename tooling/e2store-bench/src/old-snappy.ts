import { compressSync, uncompressSync } from 'snappy'

/**
 * The interface of `snappy` 6, which the other library's codec was written for and which no longer builds, over the
 * current release. It answers at once instead of going through a thread, which is faster at these sizes.
 */
type Callback = (error: Error | null, bytes?: Uint8Array) => void

export { compressSync }

export function uncompress(input: Uint8Array, _options: object, callback: Callback): void {
  let bytes: Uint8Array
  try {
    bytes = uncompressSync(Buffer.from(input), { asBuffer: true }) as Uint8Array
  } catch (error) {
    callback(error as Error)
    return
  }
  callback(null, bytes)
}
