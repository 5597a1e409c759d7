import type { DigestSignature } from '@datastreamer/format'
import { type SignerKey, type StreamIdentityFields, signDigest } from '@datastreamer/format/signing'
import type { Clock, Timer } from '@datastreamer/runtime'
import type { DigestPoint } from '../tcp/known-signatures.ts'

export interface HeadSignerOptions {
  readonly keys: readonly SignerKey[]
  readonly identity: StreamIdentityFields
  /** Least time between two signatures of the head. */
  readonly intervalMs: number
  readonly clock: Clock
  /** Called with what was signed, and with what signing failed with. */
  readonly onSigned: (point: DigestPoint, signatures: readonly DigestSignature[]) => void
  readonly onError: (error: unknown) => void
}

/**
 * Signs points of a log. The head is signed at once if it was not signed a moment ago, else when that time is over.
 *
 * Invariant: one head is signed at a time, and the newest of those that wait.
 */
export class HeadSigner {
  readonly #options: HeadSignerOptions
  #signedAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  #isSigning = false
  #waiting: DigestPoint | undefined
  /** Grows when what waits, or is being signed, is to be forgotten. */
  #cleared = 0

  constructor(options: HeadSignerOptions) {
    this.#options = options
  }

  /** Milliseconds since a head was signed. */
  get sinceLast(): number {
    return this.#options.clock.now() - this.#signedAt
  }

  /** Sign with every key. @throws {KeyError} `NO_CRYPTO` */
  async sign({ number, digest: runningDigest }: DigestPoint): Promise<readonly DigestSignature[]> {
    const { keys, identity, clock } = this.#options
    const time = BigInt(Math.floor(clock.wallTime() / 1000))
    const signed = await Promise.all(
      keys.map((key) => signDigest({ nextEntry: BigInt(number), runningDigest }, identity, time, key)),
    )
    return signed.map(({ signature }) => signature)
  }

  /** Sign the head, now or soon. */
  signHead(point: DigestPoint): void {
    const { clock, intervalMs } = this.#options
    this.#waiting = point
    if (this.#isSigning || this.#timer !== undefined) return
    const waitMs = intervalMs - this.sinceLast
    if (waitMs <= 0) void this.#signWaiting()
    else this.#timer = clock.after(waitMs, () => void this.#signWaiting())
  }

  /** Forget what waits, and what is being signed. */
  clear(): void {
    this.#cleared++
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = undefined
  }

  async #signWaiting(): Promise<void> {
    const { clock, onSigned, onError } = this.#options
    const point = this.#waiting
    this.#timer = undefined
    this.#waiting = undefined
    if (point === undefined) return
    this.#isSigning = true
    this.#signedAt = clock.now()
    const cleared = this.#cleared
    try {
      const signatures = await this.sign(point)
      if (cleared === this.#cleared) onSigned(point, signatures)
    } catch (error) {
      onError(error)
    }
    this.#isSigning = false
    if (this.#waiting !== undefined) this.signHead(this.#waiting)
  }
}
