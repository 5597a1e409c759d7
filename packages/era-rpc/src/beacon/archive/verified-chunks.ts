import { createHash, type Hash } from 'node:crypto'
import { BeaconError } from '../errors.ts'
import { equalBytes } from './bytes.ts'

/** What bytes are recognized by that were verified. */
export interface Recognized {
  /** How many there are. */
  readonly length: number
  /** Their SHA-256. */
  readonly digest: Uint8Array
}

/** Collects by what bytes are recognized. */
export class Recognizer {
  readonly #hash: Hash = createHash('sha256')
  #length = 0

  push(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    this.#length += chunk.length
  }

  finish(): Recognized {
    return { length: this.#length, digest: this.#hash.digest() }
  }
}

/**
 * The bytes that are read now, if they are those that were verified before. Of others never all are given: the last chunk
 * is held back until all were compared.
 *
 * @param what is read, for messages
 * @throws {BeaconError} `NOT_VERIFIED`
 */
export async function* verifiedChunks(
  chunks: AsyncIterable<Uint8Array>,
  { length, digest }: Recognized,
  what: string,
): AsyncGenerator<Uint8Array, void, void> {
  const changed = (): BeaconError =>
    new BeaconError('NOT_VERIFIED', `${what} is not what it was when it was verified: its file was changed`)
  const recognizer = new Recognizer()
  let left = length
  let last: Uint8Array | undefined
  for await (const chunk of chunks) {
    if (last !== undefined) yield last
    left -= chunk.length
    if (left < 0) throw changed()
    recognizer.push(chunk)
    last = chunk
  }
  if (left > 0 || !equalBytes(recognizer.finish().digest, digest)) throw changed()
  if (last !== undefined) yield last
}
