import { DATA_BYTES } from '../../harness/stream-file.ts'
import type { Intake, IntakeOptions } from '../../readers/intake.ts'
import { type Form, STREAM } from '../form.ts'

/** Entries that one command asks for at most. */
const COUNT = 10_000
/** Of an answer, before the number of its entries: one stream, its name. */
const HEAD = `*1\r\n*2\r\n$${STREAM.length}\r\n${STREAM}\r\n*`
/** Of an entry, before the two digits of the length of its id. */
const ENTRY_HEAD = '*2\r\n$'
const FIELD_HEAD = `$1\r\nd\r\n$${DATA_BYTES}\r\n`
const FIELD_BYTES = FIELD_HEAD.length + DATA_BYTES + 2

/**
 * Redis Streams by `XREAD`, which waits if nothing is there. An answer is gone through from entry to entry by their
 * lengths; after the last one the next answer is asked for.
 */
export class RedisIntake implements Intake {
  readonly hello: Uint8Array
  /** It is known which entry was the last before: those after it are sent whenever the command arrives. */
  readonly started = true
  readonly #say: IntakeOptions['say']
  readonly #onOperation: IntakeOptions['onOperation']
  /** Entries of the stream for one that was written. */
  readonly #share: number
  readonly #operationEntries: number
  readonly #fieldsHead: string
  /** Entries of this answer that are to come. */
  #left = 0
  #entries = 0

  /** @param last id of the last entry before those to come */
  constructor(form: Form, last: string, { say, entries, onOperation }: IntakeOptions) {
    this.#say = say
    this.#onOperation = onOperation
    this.#operationEntries = entries
    this.#share = form === 'fields' ? entries : 1
    this.#fieldsHead = `*${2 * this.#share}\r\n`
    this.hello = askAfter(last)
  }

  get entries(): number {
    return this.#entries
  }

  take(bytes: Buffer): number {
    let at = 0
    for (;;) {
      const next = this.#left === 0 ? this.#takeHead(bytes, at) : this.#takeEntry(bytes, at)
      if (next === at) return at
      at = next
    }
  }

  #takeHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf('\r\n', at + HEAD.length)
    if (end < 0) return at
    this.#left = Number(bytes.toString('latin1', at + HEAD.length, end))
    if (!(this.#left > 0)) throw new Error(`Redis answered ${bytes.toString('latin1', at, end)}`)
    return end + 2
  }

  #takeEntry(bytes: Buffer, at: number): number {
    const idAt = at + ENTRY_HEAD.length + 4
    if (bytes.length < idAt) return at
    const idBytes = 10 * digit(bytes, idAt - 4) + digit(bytes, idAt - 3)
    const fieldsAt = idAt + idBytes + 2 + this.#fieldsHead.length
    const end = fieldsAt + this.#share * FIELD_BYTES
    if (bytes.length < end) return at
    this.#entries += this.#share
    if (--this.#left === 0) this.#say(askAfter(bytes.toString('latin1', idAt, idAt + idBytes)))
    if (this.#onOperation !== undefined && this.#entries % this.#operationEntries === 0) {
      this.#onOperation(bytes.readBigUInt64BE(fieldsAt + FIELD_HEAD.length))
    }
    return end
  }
}

function digit(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) - 0x30
}

function askAfter(id: string): Uint8Array {
  const words = ['XREAD', 'COUNT', String(COUNT), 'BLOCK', '0', 'STREAMS', STREAM, id]
  return Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
}
