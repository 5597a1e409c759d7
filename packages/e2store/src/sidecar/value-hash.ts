import { u32 } from '../io/little-endian.ts'

const V2 = 0x6c796765
const V3 = 0x74656462
const COMPRESSION_ROUNDS = 2
const FINAL_ROUNDS = 4

/** A keyed hash of 32 bits of the `length` bytes from `from` on, followed by the byte `last`. */
export type ValueHash = (bytes: Uint8Array, from: number, length: number, last: number) => number

/**
 * HalfSipHash-2-4 with an output of 32 bits, of a message whose length is a multiple of 4, and of one more byte. Without the key nobody can choose values that collide.
 *
 * @param key 8 bytes
 * @see docs/spec/e2store-sidecar.md §5.1
 */
export function valueHash(key: Uint8Array): ValueHash {
  const k0 = u32(key, 0) | 0
  const k1 = u32(key, 4) | 0
  return (bytes, from, length, last) => {
    let v0 = k0
    let v1 = k1
    let v2 = V2 ^ k0
    let v3 = V3 ^ k1
    const end = length + 4
    for (let at = 0; at <= end; at += 4) {
      // After the words of the value comes the last one, and then what finishes the hash.
      let word = 0
      let rounds = COMPRESSION_ROUNDS
      if (at < length) word = u32(bytes, from + at) | 0
      else if (at === length) word = ((length + 1) << 24) | last
      else {
        v2 ^= 0xff
        rounds = FINAL_ROUNDS
      }
      v3 ^= word
      for (let i = 0; i < rounds; i++) {
        v0 = (v0 + v1) | 0
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
        v0 = (v0 << 16) | (v0 >>> 16)
        v2 = (v2 + v3) | 0
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
        v0 = (v0 + v3) | 0
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
        v2 = (v2 + v1) | 0
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
        v2 = (v2 << 16) | (v2 >>> 16)
      }
      v0 ^= word
    }
    return (v1 ^ v3) >>> 0
  }
}
