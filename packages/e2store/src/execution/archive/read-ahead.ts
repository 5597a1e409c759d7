import type { ByteSource } from '../../io/byte-source.ts'

/** A source that can read into memory of its reader. */
export type IntoSource = ByteSource & Required<Pick<ByteSource, 'readInto'>>

/** Free in front of what is read ahead, for the end of the window before it. */
const ROOM = 65_536

/** What is being read behind a window. */
interface Reading {
  readonly position: number
  readonly length: number
  readonly memory: Uint8Array
  readonly done: Promise<void>
}

/**
 * Windows of a source, one behind the other: while one is in use the next is being read. What stands across the end of a
 * window is copied in front of the next.
 *
 * Holds two windows. Memory is used again if the one who uses a window allows it.
 */
export class ReadAhead {
  readonly #source: IntoSource
  readonly #windowBytes: number
  /** Where what may be read ends. */
  readonly #end: number
  #reading: Reading | undefined
  /** Memory of the window in use, and memory that nobody uses. */
  #memory: Uint8Array | undefined
  #spare: Uint8Array | undefined

  constructor(source: IntoSource, windowBytes: number, end: number) {
    this.#source = source
    this.#windowBytes = windowBytes
    this.#end = end
  }

  /**
   * The window that begins at `position`.
   *
   * @param rest what the window before it has from `position` on
   * @param reuse whether nobody uses the window before it any more
   */
  async next(position: number, rest: Uint8Array, reuse: boolean): Promise<Uint8Array> {
    const behind = position + rest.length
    const continues = this.#reading?.position === behind && rest.length <= ROOM
    const reading = continues && this.#reading !== undefined ? this.#reading : this.#begin(position)
    const kept = continues ? rest : rest.subarray(0, 0)
    this.#reading = undefined
    await reading.done
    reading.memory.set(kept, ROOM - kept.length)
    this.#spare = reuse ? this.#memory : undefined
    this.#memory = reading.memory
    const end = reading.position + reading.length
    if (end < this.#end) this.#reading = this.#begin(end)
    return reading.memory.subarray(ROOM - kept.length, ROOM + reading.length)
  }

  #begin(position: number): Reading {
    const length = Math.min(this.#windowBytes, this.#end - position)
    const memory = this.#spare ?? new Uint8Array(ROOM + this.#windowBytes)
    this.#spare = undefined
    const done = this.#source.readInto(position, memory.subarray(ROOM, ROOM + length))
    // If nobody asks for it any more, nobody wants to know that it failed.
    done.catch(() => undefined)
    return { position, length, memory, done }
  }
}
