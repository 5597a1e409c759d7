import type { DigestSignature, SignedDigest } from '@datastreamer/format'
import type { DigestPoint } from '../tcp/known-signatures.ts'

/** Signatures that wait; what comes when there are more is left out. */
const MOST_WAITING = 16_384

/** Signatures that came from elsewhere, of entries that the log does not have yet, or that are not hashed. */
export class GivenSignatures {
  /** By the number of the next entry, in order. */
  #waiting: SignedDigest[] = []

  /** Keep one until its entries are hashed. */
  add(signed: SignedDigest): void {
    if (this.#waiting.length >= MOST_WAITING) return
    const last = this.#waiting.at(-1)
    this.#waiting.push(signed)
    if (last !== undefined && last.nextEntry > signed.nextEntry) {
      this.#waiting.sort((a, b) => Number(a.nextEntry - b.nextEntry))
    }
  }

  /** The first entry number after `number` that one waits for; infinite if there is none. */
  nextAfter(number: number): number {
    const next = this.#waiting.find(({ nextEntry }) => nextEntry > number)
    return next === undefined ? Number.POSITIVE_INFINITY : Number(next.nextEntry)
  }

  /** Those that waited for a point, or for one before it, which has gone by. */
  take({ number }: DigestPoint): readonly SignedDigest[] {
    const [first] = this.#waiting
    if (first === undefined || first.nextEntry > number) return []
    const due = this.#waiting.filter(({ nextEntry }) => nextEntry <= number)
    this.#waiting = this.#waiting.slice(due.length)
    return due.filter(({ nextEntry }) => nextEntry === BigInt(number))
  }

  clear(): void {
    this.#waiting = []
  }
}

/** The signatures of a point, with one more: one of each key, at most `most`, of which the oldest go. */
export function withSignature(
  known: readonly DigestSignature[],
  signature: DigestSignature,
  most: number,
): readonly DigestSignature[] {
  return [...known.filter(({ keyId }) => keyId !== signature.keyId), signature].slice(-most)
}
