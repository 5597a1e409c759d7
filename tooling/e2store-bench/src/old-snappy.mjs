import { uncompressSync } from 'snappy'

export { compressSync } from 'snappy'

/**
 * What the other library's codec calls of `snappy` 6, which no longer builds, over the current release. It answers at
 * once instead of in a thread, which is faster at these sizes.
 */
export function uncompress(input, _options, callback) {
  let bytes
  try {
    bytes = uncompressSync(input, { asBuffer: true })
  } catch (error) {
    callback(error)
    return
  }
  callback(null, bytes)
}
