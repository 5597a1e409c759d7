import type { PutObjectOptions, WritableObjects } from '@datastreamer/e2store/objects'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { sameBytes } from '../segment/point.ts'
import type { LogObject } from './log-objects.ts'
import { type RetryOptions, retried } from './retry.ts'
import { Stored } from './stored.ts'

const CHECKPOINT = 'checkpoint'
/** More than any checkpoint has, so that what is there instead can be kept. */
const MAX_CHECKPOINT_BYTES = 1_048_576
/**
 * The history that is published to. What fails for a while is tried again. Reads pass by caches; writes follow each other:
 * one is under way at a time.
 */
export class HistoryTarget {
  readonly #objects: WritableObjects
  readonly #retry: RetryOptions

  constructor(objects: WritableObjects, retry: RetryOptions) {
    this.#objects = objects
    this.#retry = retry
  }

  /** The checkpoint that is there now. */
  checkpoint(): Promise<Uint8Array | undefined> {
    return this.get(CHECKPOINT, MAX_CHECKPOINT_BYTES)
  }

  async get(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const { signal } = this.#retry
    return retried(`get ${key}`, () => this.#objects.get(key, { maxBytes, reload: true, signal }), this.#retry)
  }

  async putCheckpoint(note: Uint8Array): Promise<void> {
    await this.#put(CHECKPOINT, note, Stored.checkpoint)
  }

  async putObject({ key, bytes, isFull }: LogObject): Promise<void> {
    await this.#put(key, bytes, isFull ? Stored.forever : Stored.partial)
  }

  /** Whether an object is there, byte for byte. */
  async hasObject({ key, bytes }: LogObject): Promise<boolean> {
    const found = await unlessOther(this.get(key, bytes.length))
    return found !== undefined && sameBytes(found, bytes)
  }

  async putSegment(leaf: SegmentLeaf, file: Uint8Array): Promise<void> {
    await this.#put(segmentKey(leaf), file, Stored.forever)
  }

  /** Whether a segment is there, as far as its size tells. */
  async hasSegment(leaf: SegmentLeaf): Promise<boolean> {
    const key = segmentKey(leaf)
    const { bytes } = leaf
    const options = { size: bytes, reload: true, signal: this.#retry.signal }
    const read = (): Promise<Uint8Array | undefined> => this.#objects.getRange(key, bytes - 1, bytes, options)
    return (await unlessOther(retried(`look for ${key}`, read, this.#retry))) !== undefined
  }

  async #put(key: string, bytes: Uint8Array, stored: Omit<PutObjectOptions, 'signal'>): Promise<void> {
    const { signal } = this.#retry
    await retried(`put ${key}`, () => this.#objects.put(key, bytes, { ...stored, signal }), this.#retry)
  }
}

/** `undefined` also for what has another size than it should have. */
async function unlessOther(reading: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isObjectError(error, 'TOO_LARGE') || isObjectError(error, 'BAD_ANSWER')) return undefined
    throw error
  }
}

/** Whether an error is one of objects, with this code. */
export function isObjectError(error: unknown, code: 'TOO_LARGE' | 'BAD_ANSWER' | 'CONFLICT'): boolean {
  return error instanceof Error && error.name === 'LocationError' && 'code' in error && error.code === code
}
