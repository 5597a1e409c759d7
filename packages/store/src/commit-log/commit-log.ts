import { CountedSyncs } from '../disk/counted-syncs.ts'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { Mutex } from '../disk/mutex.ts'
import { ReopenableFile } from '../disk/reopenable-file.ts'
import { rewrite } from '../disk/rewrite.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import type { Checkpoint, CheckpointContent } from './checkpoint.ts'
import { mustBeCommitLog, newestCheckpoint, writeSlot } from './checkpoint-slots.ts'
import {
  type CommitRecord,
  decodeRecord,
  encodeRecord,
  encodeRecords,
  mustFollow,
  RECORD_BYTES,
  RECORD_TAIL_OFFSET,
} from './commit-record.ts'
import { markedRanges } from './marked-ranges.ts'
import { RecentRecords } from './recent-records.ts'

/** Position of the first record. */
const RECORDS_OFFSET = 4096

/**
 * The file beside the stream that records where commits ended and the checksums of their bytes: it distinguishes a torn
 * header from a whole one after a crash, finds rotten bytes, and gives relays their operation boundaries. It can always be
 * deleted: then the stream counts as written by another program. docs/spec/commit-log.md.
 *
 * Invariants: a record ends at or after its predecessor; the records in memory are the last ones; a checkpoint is written
 * into the slot that does not hold the newest one.
 */
export class CommitLog {
  readonly #file: ReopenableFile
  #count = 0
  #checkpoint: Checkpoint | undefined
  readonly #recent = new RecentRecords()
  readonly #syncs = new CountedSyncs()
  readonly #checkpoints = new Mutex()
  /** Whether some record may be marked as damaged. */
  #marked = false
  readonly #owner: number

  private constructor(file: DiskFile, owner: number) {
    this.#file = new ReopenableFile(file)
    this.#owner = owner
  }

  /**
   * Open a commit log, made if `mode` is `create`; use `openCommitLog` for that of a stream.
   *
   * @param owner the stream that its next checkpoints name
   */
  static async open(disk: Disk, path: string, mode: 'read' | 'write' | 'create', owner = 0): Promise<CommitLog> {
    const log = new CommitLog(await disk.open(path, mode), owner)
    try {
      await log.refresh()
      if (log.#checkpoint === undefined) await mustBeCommitLog(log.#file, path)
      return log
    } catch (error) {
      await log.close()
      throw error
    }
  }

  /** Reopen the file, and write the records in memory up to `end` again, durably. If that fails they stay in memory. */
  async reopen(disk: Disk, path: string, end: CommitPoint): Promise<void> {
    const [count, recent] = [this.#count, this.#recent.all]
    const known = recent.filter((record) => record.totalLength <= end.totalLength)
    try {
      await this.#file.replaceBy(await disk.open(path, 'write'))
      await this.refresh()
      const first = count - recent.length
      if (known.length === 0 || this.#count < first) return
      await writeAll(this.#file, [encodeRecords(known)], RECORDS_OFFSET + first * RECORD_BYTES)
      await this.sync()
      await this.refresh()
    } catch (error) {
      this.#count = count
      this.#recent.restart(recent)
      throw error
    }
  }

  /** Take in what is in the file now, which another process may have written. */
  async refresh(): Promise<void> {
    const size = await this.#file.size()
    this.#checkpoint = await newestCheckpoint(this.#file, size)
    this.#count = Math.max(0, Math.floor((size - RECORDS_OFFSET) / RECORD_BYTES))
    this.#marked ||= this.#checkpoint?.marked === true
    await this.#recall()
  }

  /** Number of records, whole or not. */
  get count(): number {
    return this.#count
  }

  /** Syncs that failed so far. */
  get syncFailures(): number {
    return this.#syncs.failures
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  /** The last record, if it is whole. */
  get last(): CommitRecord | undefined {
    return this.#recent.last
  }

  /** Record `index`, or `undefined` if it is not whole. */
  async record(index: number): Promise<CommitRecord | undefined> {
    if (index < 0 || index >= this.#count) return undefined
    return this.#recent.at(index, this.#count) ?? (await this.records(index, 1))[0]
  }

  /**
   * The records from `index` on, at most `limit`, in order; `undefined` for one that is not whole. Those that are truncated
   * meanwhile are not among them.
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

  /** Append records. They count once the commit's header is written. */
  async append(records: readonly CommitRecord[]): Promise<void> {
    mustFollow(this.#recent.last, records)
    await writeAll(this.#file, [encodeRecords(records)], RECORDS_OFFSET + this.#count * RECORD_BYTES)
    this.#count += records.length
    this.#recent.append(records)
  }

  /** Change checksum and flags of a record; where it ends must stay the same. */
  async revise(index: number, record: CommitRecord): Promise<void> {
    if (record.isDamaged && !this.#marked) await this.#announceMarks()
    const tail = encodeRecord(record).subarray(RECORD_TAIL_OFFSET)
    await writeAll(this.#file, [tail], RECORDS_OFFSET + index * RECORD_BYTES + RECORD_TAIL_OFFSET)
    this.#recent.replace(index, this.#count, record)
  }

  /** Before the first mark: after a crash marks are searched only if the last checkpoint says that there are some. */
  async #announceMarks(): Promise<void> {
    this.#marked = true
    const announced = this.#checkpoints.run(async () => {
      if (this.#checkpoint !== undefined) await this.#writeNext(this.#checkpoint)
    })
    await announced.catch((error: unknown) => {
      this.#marked = false
      throw error
    })
  }

  /** Replace records, whole or not. */
  async overwrite(index: number, records: readonly CommitRecord[]): Promise<void> {
    await writeAll(this.#file, [encodeRecords(records)], RECORDS_OFFSET + index * RECORD_BYTES)
    await this.#recall()
  }

  /** The ranges whose records are marked as damaged. Reads all records, unless the last checkpoint says that there are none. */
  async *damaged(): AsyncGenerator<EntryRange, void, void> {
    if (!this.#marked) return
    let found = false
    for await (const range of markedRanges(this)) {
      found = true
      yield range
    }
    this.#marked = found
  }

  /** Write the checkpoint and the records from `index` on again, as they are read now. */
  async writeAgain(index: number): Promise<void> {
    if (this.#checkpoint !== undefined) await writeSlot(this.#file, this.#checkpoint)
    await rewrite(this.#file, RECORDS_OFFSET + index * RECORD_BYTES, RECORDS_OFFSET + this.#count * RECORD_BYTES)
    await this.#recall()
  }

  /** Keep the first `count` records. If that fails, all are kept. */
  async truncateTo(count: number): Promise<void> {
    const [before, recent] = [this.#count, this.#recent.all]
    // Before the file: a concurrent read must not look for what is gone.
    this.#count = count
    this.#recent.restart([])
    try {
      await this.#file.resize(RECORDS_OFFSET + count * RECORD_BYTES)
      await this.#recall()
    } catch (error) {
      this.#count = before
      this.#recent.restart(recent)
      throw error
    }
  }

  /** Keep only the last record in memory. */
  async #recall(): Promise<void> {
    this.#recent.restart([])
    const last = this.#count > 0 ? await this.record(this.#count - 1) : undefined
    if (last !== undefined) this.#recent.restart([last])
  }

  /** Write a checkpoint into the older slot, durably. The caller has made everything before it durable. */
  async writeCheckpoint(checkpoint: CheckpointContent): Promise<void> {
    await this.#checkpoints.run(() => this.#writeNext(checkpoint))
  }

  async #writeNext(checkpoint: CheckpointContent): Promise<void> {
    const sequence = (this.#checkpoint?.sequence ?? 0) + 1
    const next = { ...checkpoint, sequence, marked: this.#marked, owner: this.#owner }
    const failures = this.#syncs.failures
    await writeSlot(this.#file, next)
    // If the sync fails, the next attempt must not touch the slot that is whole.
    await this.sync(failures)
    this.#checkpoint = next
  }

  sync(failures?: number): Promise<void> {
    return this.#syncs.run(() => this.#file.sync(), failures)
  }

  /** Whether a path still leads to this file. */
  isAt(path: string): Promise<boolean> {
    return this.#file.isAt(path)
  }

  /** Whether the file still has its records' length and one of its checkpoints, so was not truncated or overwritten. */
  async isWhole(): Promise<boolean> {
    const { sequence = 0 } = this.#checkpoint ?? {}
    const size = await this.#file.size()
    if (size < RECORDS_OFFSET + this.#count * RECORD_BYTES && this.#count > 0) return false
    if (sequence === 0) return true
    // One of the two may have rotted.
    return ((await newestCheckpoint(this.#file, size))?.sequence ?? 0) >= Math.max(1, sequence - 1)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
