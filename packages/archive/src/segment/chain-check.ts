import { ChainError, SegmentError } from '../errors.ts'
import type { Sha256 } from '../sha256.ts'
import { DigestChain } from './digest-chain.ts'
import type { SegmentHeader } from './header.ts'
import { type StreamPoint, samePoint } from './point.ts'

/** The points that a segment says. */
interface Ends {
  readonly header: SegmentHeader
  readonly end: StreamPoint
}

/** Counts number, position and digest on from a segment's first point to its last. docs/spec/archive.md §4. */
export class ChainCheck {
  readonly #chain: DigestChain
  readonly #end: StreamPoint
  readonly #through: StreamPoint | undefined

  /**
   * @param through a point inside the segment that the stream has to pass
   * @throws {SegmentError} `WRONG_DIGEST` if it begins a stream, but not at the beginning of one
   */
  constructor({ header: { identity, start }, end }: Ends, sha256: Sha256, through: StreamPoint | undefined) {
    if (start.number === 0n && !samePoint(start, DigestChain.atStart(identity, sha256).point())) {
      throw new SegmentError('WRONG_DIGEST', 'start of the stream is not that of such a stream', 8, 'verify')
    }
    this.#chain = new DigestChain(start, sha256)
    this.#end = end
    this.#through = through
  }

  /** Throw `BAD_RECORD` unless a record that begins here says where that is in the stream. @param position of the record */
  checkRecord({ streamPosition, position }: { readonly streamPosition: number; readonly position: number }): void {
    const expected = this.#chain.point().position
    if (streamPosition === expected) return
    const what = `record of entries at ${streamPosition} of the stream, expected ${expected},`
    throw new SegmentError('BAD_RECORD', what, position, 'verify')
  }

  /** Take the next entry, head and data. @throws {ChainError} `TARGET_DIFFERS` if the stream does not pass `through` */
  push(entry: Uint8Array): void {
    this.#checkThrough()
    this.#chain.append(entry)
  }

  /**
   * There are no more entries.
   *
   * @param position of what says where they end
   * @throws {SegmentError} `WRONG_DIGEST` @throws {ChainError} `TARGET_DIFFERS`
   */
  finish(position: number): void {
    this.#checkThrough()
    if (samePoint(this.#chain.point(), this.#end)) return
    const what = `stream goes up to entry ${this.#chain.number}, or is another than the file says (entry ${this.#end.number})`
    throw new SegmentError('WRONG_DIGEST', what, position, 'verify')
  }

  #checkThrough(): void {
    const through = this.#through
    if (through?.number !== this.#chain.number || samePoint(this.#chain.point(), through)) return
    const message = `the stream file's entries before ${through.number} are others than those of the archive`
    throw new ChainError('TARGET_DIFFERS', message)
  }
}
