import { equalBytes } from '../io/bytes.ts'
import { checkBounds, checkKey } from './keys.ts'
import { conflict, otherSize, tooLarge } from './object-errors.ts'
import type { ObjectKind, PutObjectOptions, WritableObjects } from './objects.ts'

/** A call of {@link MemoryObjects}. */
export interface ObjectsCall {
  /** The first call is number 1. */
  readonly number: number
  readonly method: 'get' | 'getRange' | 'put'
  readonly key: string
  /** Of `getRange`. */
  readonly from?: number
  readonly to?: number
  /** Of `get` and `getRange`. */
  readonly reload?: boolean
  /** Of `put`. */
  readonly bytes?: Uint8Array
}

/** An object in memory. */
export interface StoredObject {
  readonly bytes: Uint8Array
  readonly kind: ObjectKind
  readonly cacheControl: string
  readonly contentType: string
}

export interface MemoryObjectsOptions {
  /** As messages show it (default `memory`). */
  readonly name?: string
}

/** Objects in memory, which can be slow, fail, change or be lost: for tests and demonstrations. */
export interface MemoryObjects extends WritableObjects {
  /** What is stored, by key: entries may be put, replaced and deleted. */
  readonly stored: Map<string, StoredObject>
  /** All calls so far, in order. */
  readonly calls: readonly ObjectsCall[]
  /** Is waited for before a call does anything; what it throws is thrown, and nothing is done. */
  onCall: (call: ObjectsCall) => void | Promise<void>
  /**
   * Is waited for when a call is done; what it throws is thrown, although a `put` has been done. What it returns is given
   * to the reader instead of `found`, which is a copy; for `put` both are `undefined`.
   */
  onAnswer: (call: ObjectsCall, found: Uint8Array | undefined) => Answered | Promise<Answered>
}

type Answered = Uint8Array | undefined

/** Objects in memory. Bytes are copied on their way in and out. */
export function memoryObjects({ name = 'memory' }: MemoryObjectsOptions = {}): MemoryObjects {
  const stored = new Map<string, StoredObject>()
  const calls: ObjectsCall[] = []
  const shown = (key: string): string => `${name}/${key}`
  const run = async (
    call: Omit<ObjectsCall, 'number'>,
    signal: PutObjectOptions['signal'],
    work: () => Answered,
  ): Promise<Answered> => {
    signal?.throwIfAborted()
    const numbered = { number: calls.length + 1, ...call }
    calls.push(numbered)
    await objects.onCall(numbered)
    signal?.throwIfAborted()
    const answer = await objects.onAnswer(numbered, work())
    signal?.throwIfAborted()
    return answer
  }
  const objects: MemoryObjects = {
    ...{ name, stored, calls },
    onCall: () => {},
    onAnswer: (_, found) => found,
    async get(key, { signal, maxBytes, reload = false }) {
      checkKey(key)
      return run({ method: 'get', key, reload }, signal, () => {
        const bytes = stored.get(key)?.bytes
        if (bytes !== undefined && bytes.length > maxBytes) throw tooLarge(shown(key), maxBytes, bytes.length)
        return bytes?.slice()
      })
    },
    async getRange(key, from, to, { signal, size, reload = false } = {}) {
      checkKey(key)
      checkBounds(from, to, size)
      return run({ method: 'getRange', key, from, to, reload }, signal, () => {
        const bytes = stored.get(key)?.bytes
        if (bytes === undefined) return undefined
        if (bytes.length !== (size ?? bytes.length)) throw otherSize(shown(key), bytes.length, `${size}`)
        if (bytes.length < to) throw otherSize(shown(key), bytes.length, `${to} or more`)
        return bytes.slice(from, to)
      })
    },
    async put(key, bytes, { kind, cacheControl, contentType, signal }) {
      checkKey(key)
      const copy = bytes.slice()
      await run({ method: 'put', key, bytes: copy }, signal, () => {
        const there = stored.get(key)
        if (kind === 'immutable' && there !== undefined && !equalBytes(there.bytes, copy)) {
          throw conflict(shown(key), there.bytes, copy)
        }
        stored.set(key, { bytes: copy, kind, cacheControl, contentType })
        return undefined
      })
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return objects
}
