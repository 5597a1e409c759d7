import { CountedSyncs } from '../disk/counted-syncs.ts'
import { type Disk, type DiskFile, readExactly, writeAll } from '../disk/disk.ts'
import { Mutex } from '../disk/mutex.ts'
import { ReopenableFile } from '../disk/reopenable-file.ts'
import { rewrite } from '../disk/rewrite.ts'
import type { CommitPoint } from '../log/commit-point.ts'
import type { EntryRange } from '../log/entry-range.ts'
import { type Beginning, FROM_START } from './beginning.ts'
import type { Checkpoint, CheckpointContent } from './checkpoint.ts'
import { hasCheckpoint, mustBeCommitLog, newestCheckpoint, writeSlot } from './checkpoint-slots.ts'
import {
  type CommitRecord,
  decodeRecord,
  encodeRecord,
  encodeRecords,
  mustFollow,
  RECORD_BYTES,
  RECORD_TAIL_OFFSET,
} from './commit-record.ts'
import { findBeginning } from './find-beginning.ts'
import { Marks } from './marks.ts'
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
  readonly #marks = new Marks()
  #beginning: Beginning = FROM_START
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
    if (this.#checkpoint?.marked === true) this.#marks.found()
    await this.#recall()
  }

  /** Which records count. */
  get beginning(): Beginning {
    return this.#beginning
  }

  /** The stream file begins at `base`: records of what was before that do not count. @param hint how many these are, if known */
  async beginAt(base: CommitPoint, hint = 0): Promise<void> {
    this.#beginning = await findBeginning(this, base, hint)
  }

  /** Free the disk space of records that do not count. @throws {DiskError} `CANNOT_FREE` */
  async free(): Promise<void> {
    // The last of them says where the first one that counts begins.
    const unused = this.#beginning.first - 1
    if (unused > 0) await this.#file.free(RECORDS_OFFSET, RECORDS_OFFSET + unused * RECORD_BYTES)
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
    if (record.isDamaged)
      await this.#marks.announce(() => this.#checkpoints.run(() => this.#writeNext(this.#checkpoint)))
    const tail = encodeRecord(record).subarray(RECORD_TAIL_OFFSET)
    await writeAll(this.#file, [tail], RECORDS_OFFSET + index * RECORD_BYTES + RECORD_TAIL_OFFSET)
    this.#recent.replace(index, this.#count, record)
  }

  /** Replace records, whole or not. */
  async overwrite(index: number, records: readonly CommitRecord[]): Promise<void> {
    await writeAll(this.#file, [encodeRecords(records)], RECORDS_OFFSET + index * RECORD_BYTES)
    await this.#recall()
  }

  /** The ranges whose records are marked as damaged. Reads all records, unless the last checkpoint says that there are none. */
  damaged(): AsyncGenerator<EntryRange, void, void> {
    return this.#marks.ranges(this)
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

  async #writeNext(checkpoint: CheckpointContent | undefined): Promise<void> {
    if (checkpoint === undefined) return
    const sequence = (this.#checkpoint?.sequence ?? 0) + 1
    const next = { ...checkpoint, sequence, marked: this.#marks.mayExist, owner: this.#owner }
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
    return sequence === 0 || hasCheckpoint(this.#file, size, sequence)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
