// Part of the index's thread: nothing from other packages of the workspace may be imported here.

/** Damage in LevelDB's files. */
export class LevelDamage extends Error {
  readonly code = 'LEVEL_CORRUPTION'
}

/** Reads LevelDB's integers and lengths in sequence; reading past the end is damage. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** A varint; values above 2^53 are rounded. */
  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined || scale > 2 ** 63) throw new LevelDamage('a number is cut off')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new LevelDamage(`${length} bytes where ${this.left} are left`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Bytes that follow their length. */
  counted(): Uint8Array {
    return this.take(this.varint())
  }
}

/** Order of keys, byte by byte. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at, true)
}
