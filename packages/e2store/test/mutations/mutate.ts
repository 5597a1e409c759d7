import { putU32, u24, u32 } from '../../src/io/little-endian.ts'
import { viewOf } from '../../src/io/view.ts'
import { maskCrc } from '../../src/snappy/crc32c.ts'
import { portableSnappy } from '../../src/snappy.ts'

/** Numbers from 0 to 1 that a seed decides. */
export type Random = () => number

/** A small generator with 32 bits of state (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const below = (random: Random, n: number): number => Math.floor(random() * n)
const byte = (random: Random): number => below(random, 256)

/** Where records begin, as far as headers can be followed. */
function recordStarts(bytes: Uint8Array): number[] {
  const starts: number[] = []
  for (let at = 0; at + 8 <= bytes.length; at += 8 + u32(bytes, at + 2)) starts.push(at)
  return starts
}

/** A position to change: anywhere, in a record's header, or in the index at the end. */
function positionIn(bytes: Uint8Array, random: Random): number {
  const kind = random()
  if (kind < 0.4) return below(random, bytes.length)
  if (kind < 0.7) return Math.max(0, bytes.length - 1 - below(random, 700))
  const starts = recordStarts(bytes)
  return Math.min(bytes.length - 1, (starts[below(random, starts.length)] ?? 0) + below(random, 20))
}

const INTERESTING = [0n, 1n, 7n, 8n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 61n, 2n ** 63n, 2n ** 64n - 1n]

/** Change one byte inside a compressed chunk and store the checksum that then is right, if it still decompresses. */
function changePayload(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice()
  const starts = recordStarts(out)
  for (let tries = 0; tries < 20; tries++) {
    const start = starts[below(random, starts.length)] ?? 0
    const end = start + 8 + u32(out, start + 2)
    const chunk = start + 18
    if (end > out.length || chunk + 8 >= end || (out[start + 8] as number) !== 0xff) continue
    const chunkEnd = chunk + 4 + u24(out, chunk + 1)
    if (chunkEnd > end || chunk + 9 >= chunkEnd) continue
    const at = chunk + 8 + below(random, chunkEnd - chunk - 8)
    const old = out[at] as number
    out[at] = byte(random)
    const plain = decompressed(out, chunk, chunkEnd)
    if (plain) {
      putU32(out, chunk + 4, maskCrc(portableSnappy.crc32c(viewOf(plain), 0, plain.length)))
      return out
    }
    out[at] = old
  }
  return out
}

function decompressed(bytes: Uint8Array, chunk: number, end: number): Uint8Array | undefined {
  if (bytes[chunk] === 1) return bytes.subarray(chunk + 8, end)
  if (bytes[chunk] !== 0) return undefined
  let size = 0
  for (let i = 0; i < 3; i++) {
    const part = bytes[chunk + 8 + i] as number
    size += (part & 0x7f) * 128 ** i
    if (part < 0x80) break
  }
  if (size > 65_536) return undefined
  const out = new Uint8Array(size)
  return portableSnappy.decompress(viewOf(bytes), chunk + 8, end, viewOf(out), 0, size) ? out : undefined
}

const MUTATORS: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  function flipBit(bytes, random) {
    const out = bytes.slice()
    const at = positionIn(out, random)
    out[at] = (out[at] as number) ^ (1 << below(random, 8))
    return out
  },
  function setByte(bytes, random) {
    const out = bytes.slice()
    out[positionIn(out, random)] = byte(random)
    return out
  },
  function setField(bytes, random) {
    const out = bytes.slice()
    const at = Math.min(positionIn(out, random), Math.max(0, out.length - 8))
    const value = INTERESTING[below(random, INTERESTING.length)] ?? 0n
    for (let i = 0; i < 8 && at + i < out.length; i++) out[at + i] = Number((value >> BigInt(8 * i)) & 0xffn)
    return out
  },
  function overwrite(bytes, random) {
    const out = bytes.slice()
    const at = positionIn(out, random)
    for (let i = at; i < Math.min(out.length, at + 1 + below(random, 40)); i++) out[i] = byte(random)
    return out
  },
  function truncate(bytes, random) {
    return bytes.slice(0, below(random, bytes.length))
  },
  function keepTail(bytes, random) {
    return Uint8Array.of(...bytes.subarray(-64), ...Array.from({ length: below(random, 64) }, () => byte(random)))
  },
  function append(bytes, random) {
    const out = new Uint8Array(bytes.length + 1 + below(random, 40))
    out.set(bytes)
    for (let i = bytes.length; i < out.length; i++) out[i] = byte(random)
    return out
  },
  function remove(bytes, random) {
    const at = positionIn(bytes, random)
    const length = 1 + below(random, 64)
    const out = new Uint8Array(Math.max(0, bytes.length - length))
    out.set(bytes.subarray(0, Math.min(at, out.length)))
    if (at + length < bytes.length) out.set(bytes.subarray(at + length), at)
    return out
  },
  function duplicate(bytes, random) {
    const at = positionIn(bytes, random)
    const copy = bytes.subarray(at, at + 1 + below(random, 600))
    const out = new Uint8Array(bytes.length + copy.length)
    out.set(bytes.subarray(0, at))
    out.set(copy, at)
    out.set(bytes.subarray(at), at + copy.length)
    return out
  },
  function swap(bytes, random) {
    const out = bytes.slice()
    const length = Math.min(1 + below(random, 16), out.length)
    const a = Math.min(positionIn(out, random), out.length - length)
    const b = Math.min(positionIn(out, random), out.length - length)
    const copy = out.slice(a, a + length)
    out.copyWithin(a, b, b + length)
    out.set(copy, b)
    return out
  },
]

/** One to three changes; with `deep`, often one under the checksums. */
export function mutate(bytes: Uint8Array, random: Random, deep: boolean): Uint8Array {
  if (deep && random() < 0.6) return changePayload(bytes, random)
  let out = bytes
  for (let changes = 1 + below(random, 3); changes > 0 && out.length > 0; changes--) {
    out = MUTATORS[below(random, MUTATORS.length)]?.(out, random) ?? out
  }
  return out
}
