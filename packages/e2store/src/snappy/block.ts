/**
 * The uncompressed size that a raw snappy block declares in the varint that it begins with; -1 if that is cut, longer
 * than five bytes or above 2^32 - 1.
 */
export function declaredSize(input: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, start + 5)
  let size = 0
  for (let at = start, unit = 1; at < last; at++, unit *= 128) {
    const byte = input[at] as number
    size += (byte & 0x7f) * unit
    if (byte < 0x80) return size < 2 ** 32 ? size : -1
  }
  return -1
}

/**
 * Decompress the raw snappy block `input[start, end)` into `output[at, at + size)`.
 *
 * @returns whether the block is well-formed and fills those `size` bytes exactly; nothing outside them is read as
 * history or written
 * @see docs/spec/e2store.md §4.3
 */
export function decompressBlock(
  input: Uint8Array,
  start: number,
  end: number,
  output: Uint8Array,
  at: number,
  size: number,
): boolean {
  if (declaredSize(input, start, end) !== size) return false
  const limit = at + size
  let from = start
  while ((input[from++] as number) >= 0x80);
  let to = at
  while (from < end) {
    const tag = input[from++] as number
    if ((tag & 3) === 0) {
      let length = tag >>> 2
      if (length >= 60) {
        const extra = length - 59
        if (extra > end - from) return false
        length = 0
        for (let i = 0; i < extra; i++) length += (input[from + i] as number) * 2 ** (8 * i)
        from += extra
      }
      length++
      if (length > end - from || length > limit - to) return false
      if (length > 48) output.set(input.subarray(from, from + length), to)
      else for (let i = 0; i < length; i++) output[to + i] = input[from + i] as number
      from += length
      to += length
      continue
    }
    let length: number
    let offset: number
    if ((tag & 3) === 1) {
      if (from >= end) return false
      length = 4 + ((tag >>> 2) & 7)
      offset = ((tag & 0xe0) << 3) | (input[from++] as number)
    } else {
      const bytes = (tag & 3) === 2 ? 2 : 4
      if (bytes > end - from) return false
      length = 1 + (tag >>> 2)
      offset = (input[from] as number) | ((input[from + 1] as number) << 8)
      if (bytes === 4) {
        offset += (input[from + 2] as number) * 0x10000 + (input[from + 3] as number) * 0x1000000
      }
      from += bytes
    }
    if (offset === 0 || offset > to - at || length > limit - to) return false
    for (let source = to - offset, last = to + length; to < last; ) output[to++] = output[source++] as number
  }
  return to === limit
}
