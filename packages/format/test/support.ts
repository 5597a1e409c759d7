import fc from 'fast-check'
import type { Entry } from '../src/entry.ts'
import { FormatError } from '../src/errors.ts'

/** Bytes from hex digits; blanks between fields are for people. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'))
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

/** The bytes, in the midst of others that must not be read. */
export function amidst(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(bytes.length + 40).fill(0xee)
  memory.set(bytes, 7)
  return memory.subarray(7, 7 + bytes.length)
}

/** A view of the bytes, in the midst of others that must not be read. */
export function view(bytes: Uint8Array): DataView {
  const { buffer, byteOffset, byteLength } = amidst(bytes)
  return new DataView(buffer, byteOffset, byteLength)
}

export const u64: fc.Arbitrary<bigint> = fc.bigInt(0n, 2n ** 64n - 1n)
export const u32: fc.Arbitrary<number> = fc.nat(0xffff_ffff)
export const entries: fc.Arbitrary<Entry> = fc.record({
  type: u32,
  number: u64,
  data: fc.uint8Array({ size: 'medium' }),
})

/** Bytes that are random, or nearly right: good ones with one byte changed. */
export function hostile(good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changed = fc.tuple(good, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = bytes.slice()
    copy[at % copy.length] = value
    return copy
  })
  return fc.oneof(fc.uint8Array({ size: 'medium' }), changed)
}

/** What a decoder says of the bytes. Only a deliberate error is an answer, and only one that points into them. */
export function outcome<T>(length: number, decode: () => T): T | FormatError {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FormatError && error.offset >= 0 && error.offset <= length) return error
    throw error
  }
}

/** Code, offset and message of the error that must come. */
export function failure(run: () => unknown): { code: string; offset: number; message: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof FormatError) return { code: error.code, offset: error.offset, message: error.message }
    throw error
  }
  throw new Error('expected a FormatError')
}

/** Bytes of all the arrays that are made of a length while `run` runs. */
export function allocated(run: () => void): number {
  const original = globalThis.Uint8Array
  let bytes = 0
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args: readonly unknown[], newTarget) {
      if (typeof args[0] === 'number') bytes += args[0]
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  try {
    run()
  } finally {
    globalThis.Uint8Array = original
  }
  return bytes
}
