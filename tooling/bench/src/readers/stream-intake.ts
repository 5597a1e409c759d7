import { ENTRY_HEAD_BYTES, encodeCommand, PacketType, SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import type { Intake, IntakeOptions } from './intake.ts'

/** Type and length of a packet. */
const PACKET_HEAD_BYTES = 5
/** Of the lower half of its number, in an entry. */
const AT_NUMBER = 13

/** Our protocol: checks that no entry is missing or out of order. Numbers fit in 32 bits. */
export class StreamIntake implements Intake {
  readonly hello: Uint8Array
  readonly #from: number
  readonly #operationEntries: number
  readonly #onOperation: IntakeOptions['onOperation']
  #next: number
  #started = false

  /** @param from number of the first entry to ask for, which opens an operation */
  constructor(from: number, { entries, onOperation }: IntakeOptions) {
    this.hello = encodeCommand({ name: 'start', fromEntryNumber: BigInt(from) }, SEQUENCER_STREAM_TYPE)
    this.#from = from
    this.#next = from
    this.#operationEntries = entries
    this.#onOperation = onOperation
  }

  get started(): boolean {
    return this.#started
  }

  get entries(): number {
    return this.#next - this.#from
  }

  take(bytes: Buffer): number {
    let at = 0
    while (bytes.length - at >= PACKET_HEAD_BYTES) {
      const length = bytes.readUInt32BE(at + 1)
      if (length < PACKET_HEAD_BYTES) throw new Error(`a packet of ${length} bytes came`)
      if (bytes.length - at < length) break
      if (bytes[at] === PacketType.entry) this.#takeEntry(bytes, at)
      else this.#started = true
      at += length
    }
    return at
  }

  #takeEntry(bytes: Buffer, at: number): void {
    const number = bytes.readUInt32BE(at + AT_NUMBER)
    if (number !== this.#next) throw new Error(`entry ${number} came, expected ${this.#next}`)
    this.#next = number + 1
    if (this.#onOperation === undefined || this.entries % this.#operationEntries !== 0) return
    this.#onOperation(bytes.readBigUInt64BE(at + ENTRY_HEAD_BYTES))
  }
}
