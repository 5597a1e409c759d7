import { encodeSlotIndex } from '../index-records/slot-index.ts'
import type { ByteSink } from '../io/byte-sink.ts'
import { RecordType } from '../records/record-type.ts'
import { RecordWriter } from '../records/write.ts'
import type { SnappyCodec } from '../snappy/codec.ts'
import { snappyFramedEncode } from '../snappy/encode.ts'
import { blockHead, stateHead } from './beacon-layout.ts'

export interface EraWriterOptions {
  readonly era: bigint
  /** Slots of an era: 8192, or 64 in the minimal preset. */
  readonly slotsPerEra: number
  readonly codec?: SnappyCodec
}

/**
 * Writes one era to a sink; several of them, one after another, make a file of several eras.
 *
 * ```ts
 * const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: 8192 })
 * for (const ssz of blocks) await writer.block(ssz)
 * await writer.finish(state)
 * ```
 *
 * @see docs/spec/e2store.md §7.1
 */
export class EraWriter {
  readonly #records: RecordWriter
  readonly #era: bigint
  readonly #slots: number
  readonly #codec: { readonly codec?: SnappyCodec }
  readonly #targets: (number | undefined)[]
  #next: bigint
  #finished = false

  private constructor(sink: ByteSink, { era, slotsPerEra, codec }: EraWriterOptions) {
    this.#records = new RecordWriter(sink)
    this.#era = era
    this.#slots = era === 0n ? 0 : slotsPerEra
    this.#codec = codec ? { codec } : {}
    this.#targets = Array.from({ length: this.#slots }, () => undefined)
    this.#next = era === 0n ? 0n : (era - 1n) * BigInt(slotsPerEra)
  }

  /** Write the Version record that an era begins with. */
  static async begin(sink: ByteSink, options: EraWriterOptions): Promise<EraWriter> {
    const writer = new EraWriter(sink, options)
    await writer.#records.writeVersion()
    return writer
  }

  /** Slot of the state; blocks are of the slots before it. */
  get stateSlot(): bigint {
    return this.#era === 0n ? 0n : this.#era * BigInt(this.#slots)
  }

  /**
   * Write the next signed block.
   *
   * @throws {RangeError} its slot is not after that of the last block, or not in the era
   * @throws {E2FormatError} `BAD_SSZ`
   */
  async block(ssz: Uint8Array): Promise<void> {
    const { slot } = blockHead(ssz, { position: 0 })
    this.#checkOpen()
    if (slot < this.#next || slot >= this.stateSlot) {
      throw new RangeError(`block of slot ${slot}, expected ${this.#next} to ${this.stateSlot - 1n}`)
    }
    const i = Number(slot - this.stateSlot) + this.#slots
    const data = snappyFramedEncode(ssz, this.#codec)
    this.#targets[i] = await this.#records.write(RecordType.CompressedSignedBeaconBlock, data)
    this.#next = slot + 1n
  }

  /**
   * Write the state and the indices.
   *
   * @param extra records to add after the state, such as those of applications
   * @throws {RangeError} the state is not the era's
   */
  async finish(
    state: Uint8Array,
    extra: Iterable<{ readonly type: number; readonly data: Uint8Array }> = [],
  ): Promise<void> {
    const { slot } = stateHead(state, 0, { position: 0 })
    this.#checkOpen()
    if (slot !== this.stateSlot) throw new RangeError(`state of slot ${slot}, expected ${this.stateSlot}`)
    this.#finished = true
    const data = snappyFramedEncode(state, this.#codec)
    const target = await this.#records.write(RecordType.CompressedBeaconState, data)
    for (const record of extra) await this.#records.write(record.type, record.data)
    if (this.#slots > 0) {
      await this.#writeIndex(this.stateSlot - BigInt(this.#slots), this.#targets)
    }
    await this.#writeIndex(this.stateSlot, [target])
  }

  async #writeIndex(start: bigint, targets: readonly (number | undefined)[]): Promise<void> {
    const record = encodeSlotIndex({ position: this.#records.position, start, targets })
    await this.#records.write(RecordType.SlotIndex, record.subarray(8))
  }

  #checkOpen(): void {
    if (this.#finished) throw new RangeError(`era ${this.#era} is already finished`)
  }
}
