import type { ZstdDecoder } from './zstd.ts'

/** For every platform. It is loaded at the first use. */
export const portableZstd: ZstdDecoder = {
  async decompress(frame, size) {
    const { Decompress } = await import('fzstd')
    const out = new Uint8Array(size)
    let length = 0
    // Block by block: only so the bytes that really come out are known.
    const stream = new Decompress((block) => {
      if (block.length > size - length) throw new RangeError(`more than ${size} bytes come out`)
      out.set(block, length)
      length += block.length
    })
    stream.push(frame, true)
    if (length !== size) throw new RangeError(`${length} bytes come out, expected ${size}`)
    return out
  },
}
