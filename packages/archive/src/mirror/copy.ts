import { LocationError } from '@datastreamer/e2store/location'
import type { PutObjectOptions, WritableObjects } from '@datastreamer/e2store/objects'
import type { Signal } from '@datastreamer/format'
import { abortLike, throwIfAborted } from '../abort.ts'
import { type Checkpoints, forked, late } from '../history/checkpoints.ts'
import type { KnownCheckpoint } from '../history/snapshot.ts'
import { type SegmentLeaf, segmentKey } from '../leaf/leaf.ts'
import { LogObjects } from '../publish/log-objects.ts'
import { Stored } from '../publish/stored.ts'
import { sameBytes } from '../segment/point.ts'
import type { Sha256 } from '../sha256.ts'
import { MAX_NOTE_BYTES } from '../tlog/note.ts'
import { utf8 } from '../tlog/text.ts'
import { isFileOf } from './read-segment.ts'
import type { WholeLog } from './whole-log.ts'

const CHECKPOINT = 'checkpoint'
/** No bundle, tile or lookup is larger. */
const MAX_OBJECT_BYTES = 67_108_864

type Held = 'same' | 'other' | 'none'

/** The copy of a history that is being made. Reads pass by caches. */
export class Copy {
  readonly #to: WritableObjects
  readonly #sha256: Sha256
  readonly #signal: Signal | undefined

  constructor(to: WritableObjects, sha256: Sha256, signal: Signal | undefined) {
    this.#to = to
    this.#sha256 = sha256
    this.#signal = signal
  }

  /**
   * Leaves of the checkpoint that the copy has, which the log has to continue; 0 if it has none.
   *
   * @throws {HistoryError} `LATE`, `FORKED`, and as {@link Checkpoints.open}
   */
  async size(checkpoints: Checkpoints, { checkpoint, tree }: WholeLog): Promise<number> {
    const note = await this.#get(CHECKPOINT, MAX_NOTE_BYTES)
    if (note === undefined) return 0
    const seen = await checkpoints.open(note)
    if (seen.size > checkpoint.size) throw late(seen, checkpoint)
    if (!sameBytes(tree.root(seen.size), seen.root)) throw forked(seen, checkpoint, 'are not of one log')
    return seen.size
  }

  /** Whether the copy has a segment. */
  async holds(leaf: SegmentLeaf): Promise<Held> {
    try {
      const file = await this.#get(segmentKey(leaf), leaf.bytes)
      if (file === undefined) return 'none'
      return (await isFileOf(leaf, file, this.#sha256)) ? 'same' : 'other'
    } catch (error) {
      if (error instanceof LocationError && error.code === 'TOO_LARGE') return 'other'
      throw error
    }
  }

  /** @param held what it has: what is damaged is replaced */
  async putSegment(leaf: SegmentLeaf, file: Uint8Array, held: Held): Promise<void> {
    await this.#put(segmentKey(leaf), file, held === 'none' ? Stored.forever : { ...Stored.forever, kind: 'mutable' })
  }

  /** Write bundles, tiles and the lookup, if a checkpoint of `from` leaves is there. */
  async putLog(log: WholeLog, from: number): Promise<void> {
    const { size } = log.checkpoint
    for (const { key, bytes, isFull } of new LogObjects(log, this.#sha256).between({ from, size })) {
      const found = await this.#get(key, MAX_OBJECT_BYTES)
      if (found !== undefined && sameBytes(found, bytes)) continue
      const isNew = found === undefined
      await this.#put(key, bytes, isFull && isNew ? Stored.forever : { ...Stored.partial, kind: 'mutable' })
    }
  }

  async putCheckpoint({ note }: KnownCheckpoint): Promise<void> {
    await this.#put(CHECKPOINT, utf8(note), Stored.checkpoint)
  }

  #get(key: string, maxBytes: number): Promise<Uint8Array | undefined> {
    throwIfAborted(this.#signal)
    return this.#to.get(key, { maxBytes, reload: true, signal: abortLike(this.#signal) })
  }

  #put(key: string, bytes: Uint8Array, options: Omit<PutObjectOptions, 'signal'>): Promise<void> {
    throwIfAborted(this.#signal)
    return this.#to.put(key, bytes, { ...options, signal: abortLike(this.#signal) })
  }
}
