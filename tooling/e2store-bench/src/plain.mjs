import { readFileSync } from 'node:fs'
import { portableSnappy } from '@datastreamer/e2store/snappy'
import { uncompressSync } from 'snappy'

const FIRST_CHUNK = 18
const CHUNK_HEAD = 8
const COMPRESSED = new Set([0x0300, 0x0400, 0x0500])

/** What the simplest code has to do that gets at all contents: nothing of it is checked. */
function walk(path, onChunk) {
  const bytes = readFileSync(path)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let blocks = 0
  for (let at = 0; at < bytes.length; ) {
    const type = view.getUint16(at)
    const end = at + 8 + view.getUint32(at + 2, true)
    if (type === 0x0300) blocks++
    if (onChunk && COMPRESSED.has(type)) {
      for (let chunk = at + FIRST_CHUNK; chunk < end; ) {
        const next = chunk + 4 + (view.getUint32(chunk, true) >>> 8)
        const body = bytes.subarray(chunk + CHUNK_HEAD, next)
        onChunk(bytes[chunk] === 0 ? uncompressSync(body, { asBuffer: true }) : Buffer.from(body))
        chunk = next
      }
    }
    at = end
  }
  return blocks
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

export const tasks = {
  walk: (path) => walk(path),
  decompress: (path) => walk(path, () => undefined),
  checksum: (path) => walk(path, (content) => portableSnappy.crc32c(viewOf(content), 0, content.length)),
}
