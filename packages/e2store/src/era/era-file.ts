import { E2FormatError, NotInFileError, type Step } from '../errors.ts'
import { isEmptyMark, type SlotIndex } from '../index-records/slot-index.ts'
import { buffered } from '../io/buffered.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { checkFirstRecord, foreignContent, HEAD_BYTES } from '../records/first-record.ts'
import { type E2Record, expectType, readRecord, readRecordHeader } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import type { SnappyCodec } from '../snappy/codec.ts'
import { snappyFramedDecode } from '../snappy/framed.ts'
import { iterateFramed, readFramedPrefix } from '../snappy/framed-source.ts'
import { blockHead, type StateHead, stateHead, stateHeadBytes } from './beacon-layout.ts'
import { type EraGroup, type EraOptions, findGroups, readGroupIndex } from './group.ts'

export interface OpenEraOptions extends EraOptions {
  readonly codec?: SnappyCodec
  /** Largest decompressed block (default 64 MiB). */
  readonly maxBlockBytes?: number
  /** Largest decompressed state (default 2 GiB). */
  readonly maxStateBytes?: number
}

/** A block in a file. */
export interface EraBlock {
  readonly slot: bigint
  /** Where its record begins. */
  readonly position: number
  /** The serialized signed block, in fresh memory. */
  readonly ssz: Uint8Array
}

const MIB = 1_048_576

/** An `.era` file: blocks and states by slot, without reading the rest. */
export class EraFile {
  readonly source: ByteSource
  /** The eras in the file, in file order. */
  readonly groups: readonly EraGroup[]
  readonly #options: OpenEraOptions
  /** Where groups begin. */
  readonly #starts: ReadonlySet<number>
  #cached: { readonly group: EraGroup; readonly index: SlotIndex | undefined } | undefined

  constructor(source: ByteSource, groups: readonly EraGroup[], options: OpenEraOptions) {
    this.source = source
    this.groups = groups
    this.#options = options
    this.#starts = new Set(groups.map(({ start }) => start))
  }

  /**
   * The signed block of a slot, or `undefined` if the slot is empty.
   *
   * @throws {NotInFileError} `NOT_IN_FILE`: the slot is in none of the file's eras
   * @throws {E2FormatError} the index, the record or the block is malformed, or the block is another slot's
   * @see docs/spec/e2store.md §7.1
   */
  async block(slot: bigint): Promise<EraBlock | undefined> {
    const group = this.#groupOfBlock(slot)
    const record = await this.#blockRecord(this.source, group, Number(slot - firstSlot(group)), 'read')
    return record && this.#decodeBlock(record, slot, 'read')
  }

  /** The record of the block of a slot, still compressed; otherwise as {@link block}. */
  async blockRecord(slot: bigint): Promise<E2Record | undefined> {
    const group = this.#groupOfBlock(slot)
    return this.#blockRecord(this.source, group, Number(slot - firstSlot(group)), 'read')
  }

  /** All blocks of one era, or of all, in slot order. Throws as {@link block}, `BAD_INDEX` where the order is broken. */
  async *blocks(
    group?: EraGroup,
    { step = 'read' }: { readonly step?: Step } = {},
  ): AsyncGenerator<EraBlock, void, void> {
    for (const each of group ? [group] : this.groups) {
      const source = buffered(this.source)
      let last = each.start
      for (let i = 0; i < each.slotsPerEra; i++) {
        const record = await this.#blockRecord(source, each, i, step)
        if (!record) continue
        if (record.position <= last) {
          throw new E2FormatError(
            'BAD_INDEX',
            `blocks out of order: ${record.position} after ${last}`,
            record.position,
            step,
          )
        }
        last = record.position
        yield this.#decodeBlock(record, firstSlot(each) + BigInt(i), step)
      }
    }
  }

  /** The group whose state has a slot. */
  groupOfState(slot: bigint): EraGroup {
    const group = this.groups.findLast((each) => each.stateSlot === slot)
    if (!group) throw new NotInFileError('NOT_IN_FILE', `no state of slot ${slot} in ${this.describe()}`)
    return group
  }

  /**
   * The serialized state of a slot, all of it.
   *
   * @throws {NotInFileError} `NOT_IN_FILE`
   * @throws {E2FormatError} the record or the state is malformed
   * @throws {LimitError} `RECORD_TOO_LARGE`, `OUTPUT_TOO_LARGE`
   */
  async state(slot: bigint): Promise<Uint8Array> {
    return this.groupState(this.groupOfState(slot))
  }

  /** The serialized state of a group; otherwise as {@link state}. */
  async groupState(
    { statePosition, contentEnd }: EraGroup,
    { step = 'read' }: { readonly step?: Step } = {},
  ): Promise<Uint8Array> {
    const record = await readRecord(this.source, statePosition, { end: contentEnd, step })
    expectType(record, RecordType.CompressedBeaconState, step)
    const maxBytes = this.#options.maxStateBytes ?? 2048 * MIB
    const ssz = snappyFramedDecode(record.data, { ...this.#codec(), maxBytes, position: statePosition + 8, step })
    stateHead(ssz, 0, { position: statePosition, step })
    return ssz
  }

  /** The serialized state of a group in chunks, in constant memory. */
  async *stateChunks(
    { statePosition, contentEnd }: EraGroup,
    { step = 'read' }: { readonly step?: Step } = {},
  ): AsyncGenerator<Uint8Array, void, void> {
    const header = await readRecordHeader(this.source, statePosition, { end: contentEnd, step })
    expectType(header, RecordType.CompressedBeaconState, step)
    const maxBytes = this.#options.maxStateBytes ?? 2048 * MIB
    yield* iterateFramed(this.source, { from: statePosition + 8, to: header.end }, { ...this.#codec(), maxBytes, step })
  }

  /** The fields at fixed positions of a group's state; only the start of it is read and decompressed. */
  async stateHead(group: EraGroup, { step = 'read' }: { readonly step?: Step } = {}): Promise<StateHead> {
    const { statePosition, contentEnd, slotsPerEra } = group
    const header = await readRecordHeader(this.source, statePosition, { end: contentEnd, step })
    expectType(header, RecordType.CompressedBeaconState, step)
    const region = { from: statePosition + 8, to: header.end }
    const ssz = await readFramedPrefix(this.source, region, stateHeadBytes(slotsPerEra), { ...this.#codec(), step })
    return stateHead(ssz, slotsPerEra, { position: statePosition, step })
  }

  /** The block index of a group; `undefined` in era 0. The most recent one is kept. */
  async blockIndex(group: EraGroup, { step = 'read' }: { readonly step?: Step } = {}): Promise<SlotIndex | undefined> {
    if (this.#cached?.group !== group) {
      const options = { ...this.#options, emptyMarks: this.#starts, step }
      this.#cached = { group, index: await readGroupIndex(this.source, group, options) }
    }
    return this.#cached.index
  }

  /** The eras in the file, for messages. */
  describe(): string {
    const first = this.groups[0]
    const last = this.groups.at(-1)
    return first === last ? `era ${first?.era}` : `eras ${first?.era} to ${last?.era}`
  }

  #codec(): { readonly codec?: SnappyCodec } {
    return this.#options.codec ? { codec: this.#options.codec } : {}
  }

  #groupOfBlock(slot: bigint): EraGroup {
    const group = this.groups.findLast((each) => slot >= firstSlot(each) && slot < each.stateSlot)
    if (!group) throw new NotInFileError('NOT_IN_FILE', `slot ${slot} is not in ${this.describe()}`)
    return group
  }

  async #blockRecord(source: ByteSource, group: EraGroup, i: number, step: Step): Promise<E2Record | undefined> {
    const index = await this.blockIndex(group)
    const target = index?.target(i, step)
    if (index === undefined || target === undefined) return undefined
    if (source.willRead !== undefined) {
      // All of the record is requested at once.
      source.willRead([{ position: target, length: bytesUpToNext(index, i, target, group) }])
    }
    const record = await readRecord(source, target, { end: group.contentEnd, step })
    if (isEmptyMark(record)) return undefined
    expectType(record, RecordType.CompressedSignedBeaconBlock, step)
    return record
  }

  #decodeBlock({ data, position }: E2Record, slot: bigint, step: Step): EraBlock {
    const maxBytes = this.#options.maxBlockBytes ?? 64 * MIB
    const ssz = snappyFramedDecode(data, { ...this.#codec(), maxBytes, position: position + 8, step })
    const found = blockHead(ssz, { position, step }).slot
    if (found !== slot) {
      throw new E2FormatError('BAD_TARGET', `block of slot ${found} where the index has slot ${slot}`, position, step)
    }
    return { slot, position, ssz }
  }
}

/** Bytes up to the next block, or the state. Only a hint: the index may be wrong. */
function bytesUpToNext(index: SlotIndex, i: number, target: number, { statePosition }: EraGroup): number {
  try {
    let next: number | undefined
    for (let slot = i + 1; slot < index.count && next === undefined; slot++) next = index.target(slot, 'read')
    return Math.min(MIB, Math.max(0, (next ?? statePosition) - target))
  } catch (error) {
    if (error instanceof E2FormatError) return 0
    throw error
  }
}

/** The first slot whose block belongs to a group. */
export function firstSlot({ stateSlot, slotsPerEra }: EraGroup): bigint {
  return stateSlot - BigInt(slotsPerEra)
}

/**
 * Open an `.era` file: finds its groups from the end backwards, reading only the indices.
 *
 * @throws {E2FormatError} with step `open`
 * @see docs/spec/e2store.md §7.2
 */
export async function openEra(source: ByteSource, options: OpenEraOptions = {}): Promise<EraFile> {
  return new EraFile(source, await groupsOf(source, options), options)
}

/** The groups of a file; if there are none, what the file is instead, where its beginning shows that. */
async function groupsOf(source: ByteSource, options: OpenEraOptions): Promise<EraGroup[]> {
  try {
    return await findGroups(source, options)
  } catch (error) {
    if (!(error instanceof E2FormatError)) throw error
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
    if (foreignContent(head) !== undefined) checkFirstRecord(head, 0, 'open')
    throw error
  }
}
