import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { OneAtATime } from '../disk/one-at-a-time.ts'
import { ReopenableFile } from '../disk/reopenable-file.ts'
import { type CommitPoint, START } from '../log/commit-point.ts'
import { DamageError } from '../log/damage-error.ts'
import type { EntryRange } from '../log/entry-range.ts'
import {
  CHECKPOINT_MAGIC,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  SLOT_BYTES,
  SLOT_OFFSETS,
} from './checkpoint.ts'
import {
  type CommitRecord,
  decodeRecord,
  encodeRecord,
  encodeRecords,
  RECORD_BYTES,
  RECORD_TAIL_OFFSET,
} from './commit-record.ts'

/** What a caller says in a checkpoint. */
type CheckpointContent = Omit<Checkpoint, 'sequence' | 'marked' | 'owner'>

/** Where the records begin. */
const RECORDS_OFFSET = 4096
/** Newest records that are kept in memory: live relays ask for them all the time. */
const RECENT_RECORDS = 1024
/** Bytes that are read and written at once where many are. */
const COPY_BYTES = 1_048_576

/**
 * The file beside the stream that knows where commits ended and what bytes they held: it tells a torn header from a
 * whole one after a crash, finds rotten bytes, and gives relays their operation boundaries. It can always be thrown
 * away: then the stream counts as written by another program. docs/spec/commit-log.md.
 */
export class CommitLog {
  readonly #file: ReopenableFile
  #count = 0
  #checkpoint: Checkpoint | undefined
  /** The newest records, the last one at the end. */
  #recent: CommitRecord[] = []
  readonly #syncs = new OneAtATime()
  readonly #checkpoints = new OneAtATime()
  #syncFailures = 0
  /** Whether a record may be marked as damaged. */
  #marked = false

  readonly #owner: number

  private constructor(file: DiskFile, owner: number) {
    this.#file = new ReopenableFile(file)
    this.#owner = owner
  }

  /**
   * Open a commit log, made if `mode` is `create`; that of a stream is opened by `openCommitLog`.
   *
   * @param owner what its next checkpoints say of which stream it is
   */
  static async open(disk: Disk, path: string, mode: 'read' | 'write' | 'create', owner = 0): Promise<CommitLog> {
    const log = new CommitLog(await disk.open(path, mode), owner)
    try {
      await log.#load()
      if (log.#checkpoint === undefined) await mustBeCommitLog(log.#file, path)
      return log
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /**
   * Open the file anew, and put the records that are in memory back, durably, up to those that end at
   * `end`. If that fails they stay in memory.
   */
  async reopen(disk: Disk, path: string, end: CommitPoint): Promise<void> {
    const [count, recent] = [this.#count, this.#recent]
    const known = recent.filter((record) => record.totalLength <= end.totalLength)
    try {
      await this.#file.replaceBy(await disk.open(path, 'write'))
      await this.#load()
      const first = count - recent.length
      if (known.length === 0 || this.#count < first) return
      await writeAll(this.#file, [encodeRecords(known)], RECORDS_OFFSET + first * RECORD_BYTES)
      await this.sync()
      await this.#load()
    } catch (error) {
      this.#count = count
      this.#recent = recent
      throw error
    }
  }

  async #load(): Promise<void> {
    const size = await this.#file.size()
    const newest = await this.#newestCheckpoint(size)
    this.#count = Math.max(0, Math.floor((size - RECORDS_OFFSET) / RECORD_BYTES))
    this.#checkpoint = newest
    this.#marked ||= newest?.marked === true
    await this.#recall()
  }

  async #newestCheckpoint(size: number): Promise<Checkpoint | undefined> {
    let newest: Checkpoint | undefined
    for (const offset of SLOT_OFFSETS) {
      if (size < offset + SLOT_BYTES) continue
      const slot = decodeCheckpoint(await readExactly(this.#file, offset, SLOT_BYTES))
      if (slot !== undefined && (newest === undefined || slot.sequence > newest.sequence)) newest = slot
    }
    return newest
  }

  /** Number of records, whole or not. */
  get count(): number {
    return this.#count
  }

  /** Syncs that failed so far. */
  get syncFailures(): number {
    return this.#syncFailures
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  /** The last record, if it is whole. */
  get last(): CommitRecord | undefined {
    return this.#recent.at(-1)
  }

  /** Record `index`, or `undefined` if it is not whole. */
  async record(index: number): Promise<CommitRecord | undefined> {
    if (index < 0 || index >= this.#count) return undefined
    const recent = this.#recent[index - this.#count + this.#recent.length]
    return recent ?? (await this.records(index, 1))[0]
  }

  /**
   * The records from `index` on, at most `limit`, in order; `undefined` in the place of one that is not whole. Those that are
   * cut meanwhile are not among them.
   */
  async records(index: number, limit: number): Promise<(CommitRecord | undefined)[]> {
    for (;;) {
      const count = Math.min(limit, this.#count - index)
      if (count <= 0) return []
      try {
        const bytes = await readExactly(this.#file, RECORDS_OFFSET + index * RECORD_BYTES, count * RECORD_BYTES)
        return Array.from({ length: count }, (_, i) => decodeRecord(bytes, i * RECORD_BYTES))
      } catch (error) {
        if (index + count <= this.#count) throw error
      }
    }
  }

  /** Index of the last record at or before a point, or -1. */
  async lastUpTo({ totalLength, totalEntries }: CommitPoint): Promise<number> {
    return this.#lastThat((record) => record.totalEntries <= totalEntries && record.totalLength <= totalLength)
  }

  /** Index of the last record that is the end of an operation at or before entry `totalEntries`, or -1. */
  async lastEndUpTo(totalEntries: bigint): Promise<number> {
    let index = await this.#lastThat((record) => record.totalEntries <= totalEntries)
    for (let step = 1; index >= 0; step = Math.min(4 * step, RECENT_RECORDS)) {
      const from = Math.max(0, index + 1 - step)
      const end = (await this.records(from, index + 1 - from)).findLastIndex((record) => record?.endsOperation)
      if (end >= 0) return from + end
      index = from - 1
    }
    return -1
  }

  /** Index of the record that holds entry `number`, or -1 if there is none. */
  async holdingEntry(number: bigint): Promise<number> {
    const index = (await this.#lastThat((record) => record.totalEntries <= number)) + 1
    return index < this.#count ? index : -1
  }

  /** Index of the record that holds the byte at `position`, or -1 if there is none. */
  async holding(position: number): Promise<number> {
    const index = (await this.#lastThat((record) => record.totalLength <= position)) + 1
    return index < this.#count ? index : -1
  }

  /**
   * What of the commit log speaks of the bytes up to `point`: its first `count` records, of which `end` is the end of the
   * last whole one. Where records after that cannot be read, one of them stays: it says that of the bytes from `end` to
   * `point` no checksum is known.
   */
  async keptAt(
    point: CommitPoint,
  ): Promise<{ readonly count: number; readonly end: CommitPoint; readonly isKnown: boolean }> {
    const index = await this.lastUpTo(point)
    const end = (await this.record(index)) ?? START
    const hides =
      end.totalLength < point.totalLength && index + 1 < this.#count && (await this.record(index + 1)) === undefined
    return { count: index + (hides ? 2 : 1), end, isKnown: !hides }
  }

  /** The first record from `index` to `last` that is whole: some that are not may lie before it. */
  async #firstWhole(
    index: number,
    last: number,
  ): Promise<{ readonly index: number; readonly record: CommitRecord } | undefined> {
    const first = await this.record(index)
    if (first !== undefined) return { index, record: first }
    for (let from = index + 1; from <= last; from += RECENT_RECORDS) {
      const records = await this.records(from, Math.min(RECENT_RECORDS, last + 1 - from))
      const at = records.findIndex((record) => record !== undefined)
      const record = records[at]
      if (record !== undefined) return { index: from + at, record }
    }
    return undefined
  }

  /** Binary search: `holds` is true of the first records, then false. */
  async #lastThat(holds: (record: CommitRecord) => boolean): Promise<number> {
    let low = -1
    let high = this.#count - 1
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2)
      const found = await this.#firstWhole(middle, high)
      if (found !== undefined && holds(found.record)) low = found.index
      else high = middle - 1
    }
    return low
  }

  /** Write records after the last one. They count once the commit's header is written. */
  async append(records: readonly CommitRecord[]): Promise<void> {
    await writeAll(this.#file, [encodeRecords(records)], RECORDS_OFFSET + this.#count * RECORD_BYTES)
    this.#count += records.length
    for (const record of records.slice(-RECENT_RECORDS)) this.#recent.push(record)
    if (records.length > RECENT_RECORDS) this.#recent = this.#recent.slice(-RECENT_RECORDS)
    else if (this.#recent.length > 2 * RECENT_RECORDS) this.#recent.splice(0, RECENT_RECORDS)
  }

  /** Change what a record says of its bytes: where they end must stay as it is. */
  async revise(index: number, record: CommitRecord): Promise<void> {
    if (record.isDamaged && !this.#marked) await this.#announceMarks()
    const tail = encodeRecord(record).subarray(RECORD_TAIL_OFFSET)
    await writeAll(this.#file, [tail], RECORDS_OFFSET + index * RECORD_BYTES + RECORD_TAIL_OFFSET)
    const recent = index - this.#count + this.#recent.length
    if (recent >= 0) this.#recent[recent] = record
  }

  /** Before the first mark: whoever opens the log after a death looks for marks only if the last checkpoint says so. */
  async #announceMarks(): Promise<void> {
    this.#marked = true
    try {
      await this.#checkpoints.run(async () => {
        if (this.#checkpoint !== undefined) await this.#writeNext(this.#checkpoint)
      })
    } catch (error) {
      this.#marked = false
      throw error
    }
  }

  /** Put records in the place of others, whatever those are. */
  async overwrite(index: number, records: readonly CommitRecord[]): Promise<void> {
    await writeAll(this.#file, [encodeRecords(records)], RECORDS_OFFSET + index * RECORD_BYTES)
    await this.#recall()
  }

  /** The ranges whose records are marked as damaged. Reads all records, unless the last checkpoint says that none is. */
  async *damaged(): AsyncGenerator<EntryRange, void, void> {
    if (!this.#marked) return
    let from: CommitPoint = START
    let found = false
    for (let index = 0; index < this.#count; ) {
      const records = await this.records(index, RECENT_RECORDS)
      for (const record of records) {
        // Where the next one begins is unknown: at the end of the last one that can be read, or after that.
        if (record === undefined || record.totalLength < from.totalLength) continue
        const { isDamaged, totalLength, totalEntries } = record
        const to = { totalLength, totalEntries }
        if (isDamaged) yield { from, to }
        found ||= isDamaged
        from = to
      }
      index += records.length
    }
    this.#marked = found
  }

  /** Write the checkpoint and the records from `index` on once more, as they are found now. */
  async writeAgain(index: number): Promise<void> {
    if (this.#checkpoint !== undefined) await this.#writeSlot(this.#checkpoint)
    const end = RECORDS_OFFSET + this.#count * RECORD_BYTES
    for (let at = RECORDS_OFFSET + index * RECORD_BYTES; at < end; at += COPY_BYTES) {
      await writeAll(this.#file, [await readExactly(this.#file, at, Math.min(COPY_BYTES, end - at))], at)
    }
    await this.#recall()
  }

  /** Keep the first `count` records. If that fails, all are known as before. */
  async cutTo(count: number): Promise<void> {
    const [before, recent] = [this.#count, this.#recent]
    // Before the file: who reads beside must not look for what is gone.
    this.#count = count
    this.#recent = []
    try {
      await this.#file.resize(RECORDS_OFFSET + count * RECORD_BYTES)
      await this.#recall()
    } catch (error) {
      this.#count = before
      this.#recent = recent
      throw error
    }
  }

  /** Bring the last record into memory, and no other. */
  async #recall(): Promise<void> {
    this.#recent = []
    const last = this.#count > 0 ? await this.record(this.#count - 1) : undefined
    if (last !== undefined) this.#recent.push(last)
  }

  /** Write a checkpoint into the older slot, durably. The caller has made durable what it says. */
  async writeCheckpoint(checkpoint: CheckpointContent): Promise<void> {
    await this.#checkpoints.run(() => this.#writeNext(checkpoint))
  }

  async #writeNext(checkpoint: CheckpointContent): Promise<void> {
    const sequence = (this.#checkpoint?.sequence ?? 0) + 1
    const next = { ...checkpoint, sequence, marked: this.#marked, owner: this.#owner }
    const failures = this.#syncFailures
    await this.#writeSlot(next)
    // If it was lost, the next try must not touch the slot that is whole.
    await this.sync(failures)
    this.#checkpoint = next
  }

  async #writeSlot(checkpoint: Checkpoint): Promise<void> {
    await writeAll(this.#file, [encodeCheckpoint(checkpoint)], SLOT_OFFSETS[checkpoint.sequence % 2] as number)
  }

  /**
   * Sync, one at a time: the system tells only one of those under way that something was lost.
   *
   * @param failures {@link syncFailures} from before what is to be durable was written: it may be among what another
   * sync has lost since
   */
  async sync(failures?: number): Promise<void> {
    await this.#syncs.run(async () => {
      try {
        await this.#file.sync()
      } catch (error) {
        this.#syncFailures++
        throw error
      }
      if (failures !== undefined && failures !== this.#syncFailures) throw new Error('a sync failed')
    })
  }

  /** Whether a path still is the name of this file. */
  isAt(path: string): Promise<boolean> {
    return this.#file.isAt(path)
  }

  /** Whether the file still is as long as it was written, and has a checkpoint of it: nobody has emptied or overwritten it. */
  async isWhole(): Promise<boolean> {
    const { sequence = 0 } = this.#checkpoint ?? {}
    const size = await this.#file.size()
    if (size < RECORDS_OFFSET + this.#count * RECORD_BYTES && this.#count > 0) return false
    if (sequence === 0) return true
    // One of the two may have rotted.
    return ((await this.#newestCheckpoint(size))?.sequence ?? 0) >= Math.max(1, sequence - 1)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/**
 * A file without a checkpoint is new, or a crash has spoilt both slots, which leaves some of what was written; one of
 * another kind is not written over.
 *
 * @throws {DamageError} `BAD_MAGIC`
 */
async function mustBeCommitLog(file: DiskFile, path: string): Promise<void> {
  const found = new Uint8Array(CHECKPOINT_MAGIC.length)
  const got = await file.read(found, 0)
  if (found.subarray(0, got).every((byte, i) => byte === 0 || byte === CHECKPOINT_MAGIC[i])) return
  throw new DamageError('BAD_MAGIC', 'no commit log, though it has the name of one: move it away', {
    file: path,
    position: 0,
  })
}
