import type { Signal } from '@datastreamer/format'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { CacheControl } from './cache-control.ts'
import type { HistoryObjects } from './interim.ts'
import type { LogObject } from './log-objects.ts'
import { type RetryOptions, retried } from './retry.ts'

const CHECKPOINT = 'checkpoint'
const BYTES = 'application/octet-stream'
const TEXT = 'text/plain; charset=utf-8'

/** The history that is published to. What fails for a while is tried again; one request is under way at a time. */
export class HistoryTarget {
  readonly #objects: HistoryObjects
  readonly #retry: RetryOptions
  #bytes = 0

  constructor(objects: HistoryObjects, retry: RetryOptions) {
    this.#objects = objects
    this.#retry = retry
  }

  /** Bytes that were written. */
  get bytes(): number {
    return this.#bytes
  }

  /** The checkpoint that is there now. */
  checkpoint(): Promise<Uint8Array | undefined> {
    return this.get(CHECKPOINT)
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return retried(`get ${key}`, () => this.#objects.get(key, this.#options()), this.#retry)
  }

  async putCheckpoint(note: Uint8Array): Promise<void> {
    await this.#put(CHECKPOINT, note, { kind: 'mutable', cacheControl: CacheControl.checkpoint, contentType: TEXT })
  }

  async putObject({ key, bytes, cacheControl }: LogObject): Promise<void> {
    // A tile, as long as it is partial, is written again where another publisher wrote it.
    const kind = cacheControl === CacheControl.forever ? 'immutable' : 'mutable'
    await this.#put(key, bytes, { kind, cacheControl, contentType: BYTES })
  }

  /** Whether the history has a segment, as far as the size tells. */
  async hasSegment(leaf: SegmentLeaf): Promise<boolean> {
    const key = segmentKey(leaf)
    const size = await retried(`look for ${key}`, () => this.#objects.sizeOf(key, this.#options()), this.#retry)
    return size === leaf.bytes
  }

  async putSegment(leaf: SegmentLeaf, file: Uint8Array): Promise<void> {
    const options = { kind: 'immutable', cacheControl: CacheControl.forever, contentType: BYTES } as const
    await this.#put(segmentKey(leaf), file, options)
  }

  async #put(
    key: string,
    bytes: Uint8Array,
    options: { readonly kind: 'immutable' | 'mutable'; readonly cacheControl: string; readonly contentType: string },
  ): Promise<void> {
    const put = (): Promise<void> => this.#objects.put(key, bytes, { ...options, ...this.#options() })
    await retried(`put ${key}`, put, this.#retry)
    this.#bytes += bytes.length
  }

  #options(): { readonly signal?: Signal } {
    const { signal } = this.#retry
    return signal === undefined ? {} : { signal }
  }
}
