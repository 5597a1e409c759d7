/**
 * The uncompressed size in the varint that a raw snappy block begins with; -1 if that is incomplete, longer than five
 * bytes or above 2^32 - 1.
 */
export function declaredSize(input: DataView, start: number, end: number): number {
  const last = Math.min(end, start + 5)
  let size = 0
  for (let at = start, unit = 1; at < last; at++, unit *= 128) {
    const byte = input.getUint8(at)
    size += (byte & 0x7f) * unit
    if (byte < 0x80) return size < 2 ** 32 ? size : -1
  }
  return -1
}

/**
 * Decompress the raw snappy block `input[start, end)` into `output[at, at + size)`.
 *
 * @returns whether the block is well-formed and fills those `size` bytes exactly; nothing outside them is written or
 * copied from
 * @see docs/spec/e2store.md §4.3
 */
export function decompressBlock(
  input: DataView,
  start: number,
  end: number,
  output: DataView,
  at: number,
  size: number,
): boolean {
  if (declaredSize(input, start, end) !== size) return false
  const limit = at + size
  let from = start
  while (input.getUint8(from++) >= 0x80);
  let to = at
  while (from < end) {
    const tag = input.getUint8(from++)
    if ((tag & 3) === 0) {
      let length = tag >>> 2
      if (length >= 60) {
        const extra = length - 59
        if (extra > end - from) return false
        length = 0
        for (let i = 0; i < extra; i++) length += input.getUint8(from + i) * 2 ** (8 * i)
        from += extra
      }
      length++
      if (length > end - from || length > limit - to) return false
      const last = to + length
      for (; to <= last - 4; to += 4, from += 4) output.setInt32(to, input.getInt32(from))
      while (to < last) output.setUint8(to++, input.getUint8(from++))
      continue
    }
    let length: number
    let offset: number
    if ((tag & 3) === 1) {
      if (from >= end) return false
      length = 4 + ((tag >>> 2) & 7)
      offset = ((tag & 0xe0) << 3) | input.getUint8(from++)
    } else {
      const bytes = (tag & 3) === 2 ? 2 : 4
      if (bytes > end - from) return false
      length = 1 + (tag >>> 2)
      offset = bytes === 2 ? input.getUint16(from, true) : input.getUint32(from, true)
      from += bytes
    }
    if (offset === 0 || offset > to - at || length > limit - to) return false
    const last = to + length
    if (offset < 4) {
      // What repeats every 1 to 3 bytes repeats every 4 or 6 bytes too, once there are that many.
      const distance = offset === 3 ? 6 : 4
      const known = Math.min(last, to + distance - offset)
      for (let source = to - offset; to < known; ) output.setUint8(to++, output.getUint8(source++))
      offset = distance
    }
    let source = to - offset
    for (; to <= last - 4; to += 4, source += 4) output.setInt32(to, output.getInt32(source))
    while (to < last) output.setUint8(to++, output.getUint8(source++))
  }
  return to === limit
}
