import { SourceAnswerType } from '@datastreamer/format/source'

/** Operations as bytes that were encoded before: what a server takes, whoever writes. */
export interface Wire {
  /**
   * The next operations. Those of one call are alike but for numbers that have to be in them.
   *
   * @param stamp for the first eight bytes of each entry's data; only with a stamp are the bytes fresh ones
   */
  encode(operations: number, stamp?: bigint): Uint8Array
  /** How many operations some bytes of answers acknowledge. @throws {Error} one that refuses */
  acknowledged(answers: Uint8Array): number
}

/** The bytes of one operation, again and again. */
export class Template {
  readonly #operation: Uint8Array
  readonly #stampsAt: readonly number[]
  #many: Buffer = Buffer.alloc(0)

  /** @param data that of each entry in it */
  constructor(operation: Buffer, data: Uint8Array) {
    this.#operation = operation
    this.#stampsAt = positions(operation, data)
  }

  get length(): number {
    return this.#operation.length
  }

  /** Bytes that are not to be changed. */
  repeated(operations: number): Buffer {
    if (this.#many.length !== operations * this.length) {
      this.#many = Buffer.concat(Array<Uint8Array>(operations).fill(this.#operation))
    }
    return this.#many
  }

  /** Fresh bytes. */
  fresh(operations: number, stamp?: bigint): Buffer {
    const bytes = Buffer.from(this.repeated(operations))
    if (stamp === undefined) return bytes
    for (let at = 0; at < bytes.length; at += this.length) {
      for (const stampAt of this.#stampsAt) bytes.writeBigUInt64BE(stamp, at + stampAt)
    }
    return bytes
  }
}

function positions(bytes: Buffer, part: Uint8Array): readonly number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + part.length)) found.push(at)
  return found
}

/** Answers in lines: those that begin with one character acknowledge an operation each. */
export class LineAnswers {
  readonly #first: number
  #isStart = true

  constructor(first: string) {
    this.#first = first.charCodeAt(0)
  }

  /** @throws {Error} a line begins as errors do */
  count(answers: Uint8Array): number {
    let [count, isStart] = [0, this.#isStart]
    for (let at = 0; at < answers.length; at++) {
      const byte = answers[at]
      if (isStart && byte === this.#first) count++
      else if (isStart && byte === MINUS)
        throw new Error(Buffer.from(answers.subarray(at, at + 200)).toString('latin1'))
      isStart = byte === NEW_LINE
    }
    this.#isStart = isStart
    return count
  }
}

/** Answers of our source port: commits, and pings between them. */
export class SourceAnswers {
  /** Bytes until the next answer begins. */
  #left = 0

  /** @throws {Error} another answer */
  count(answers: Uint8Array): number {
    let [count, at] = [0, this.#left]
    while (at < answers.length) {
      const type = answers[at]
      if (type !== SourceAnswerType.committed && type !== SourceAnswerType.ping) {
        throw new Error(`an answer of type ${type}`)
      }
      if (type === SourceAnswerType.committed) count++
      at += type === SourceAnswerType.committed ? COMMITTED_BYTES : PING_BYTES
    }
    this.#left = at - answers.length
    return count
  }
}

const COMMITTED_BYTES = 21
const PING_BYTES = 5
const MINUS = 0x2d
const NEW_LINE = 0x0a
