import type { ByteSource } from './byte-source.ts'

type IntoSource = ByteSource & Required<Pick<ByteSource, 'readInto'>>

/** Free memory before what is read ahead, for the bytes that the window before it leaves over. */
const ROOM = 65_536

/** A read whose bytes are not used yet. */
interface Reading {
  readonly position: number
  readonly length: number
  readonly memory: Uint8Array
  readonly done: Promise<void>
}

/**
 * Windows of a source, one after the other: while one is in use, the next is being read. The unused end of a window is
 * copied to the start of the next.
 *
 * Holds two windows. A window is valid until the next is asked for; then its memory is reused.
 */
export class ReadAhead {
  readonly windowBytes: number
  readonly #source: IntoSource
  /** Where the readable region ends. */
  readonly #end: number
  #reading: Reading | undefined
  /** Memory of the window in use, and memory that nobody uses. */
  #memory: Uint8Array | undefined
  #spare: Uint8Array | undefined

  constructor(source: IntoSource, windowBytes: number, end: number) {
    this.#source = source
    this.windowBytes = windowBytes
    this.#end = end
  }

  /** Reads ahead in a source; `undefined` if it cannot read into memory. */
  static over(source: ByteSource, windowBytes: number, end: number): ReadAhead | undefined {
    return canReadInto(source) ? new ReadAhead(source, windowBytes, end) : undefined
  }

  /**
   * The window that begins at `position`.
   *
   * @param rest the bytes from `position` on that the caller already has
   */
  async next(position: number, rest: Uint8Array): Promise<Uint8Array> {
    const continues = this.#reading?.position === position + rest.length && rest.length <= ROOM
    const reading = continues && this.#reading !== undefined ? this.#reading : this.#begin(position)
    const kept = continues ? rest : rest.subarray(0, 0)
    this.#reading = undefined
    await reading.done
    reading.memory.set(kept, ROOM - kept.length)
    this.#spare = this.#memory
    this.#memory = reading.memory
    const end = reading.position + reading.length
    if (end < this.#end) this.#reading = this.#begin(end)
    return reading.memory.subarray(ROOM - kept.length, ROOM + reading.length)
  }

  #begin(position: number): Reading {
    const length = Math.min(this.windowBytes, this.#end - position)
    const memory = this.#spare ?? new Uint8Array(ROOM + this.windowBytes)
    this.#spare = undefined
    const done = this.#source.readInto(position, memory.subarray(ROOM, ROOM + length))
    // A failure is reported when these bytes are asked for; if they never are, it is of no interest.
    done.catch(() => undefined)
    return { position, length, memory, done }
  }
}

function canReadInto(source: ByteSource): source is IntoSource {
  return source.readInto !== undefined
}
