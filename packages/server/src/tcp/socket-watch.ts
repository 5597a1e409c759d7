import type { Socket } from 'node:net'
import type { KernelQueues } from './kernel-queues.ts'

/** What a client is expected to do: to send or take anything, or to take what waits for it. */
export type Expected = 'traffic' | 'writes'

/** Looks within one timeout: with more of them a stall is noticed sooner, at a higher price. */
const LOOKS = 4

/**
 * Notices when a client does not do what is expected.
 *
 * A socket of Node reports a timeout only if the kernel took none of the bytes that wait since it last looked; then the
 * kernel is asked whether the client took any of those that it holds. Several such timeouts in a row tell a client that
 * takes nothing from one that is slow, however large the write is.
 */
export class SocketWatch {
  readonly #socket: Socket
  readonly #queues: KernelQueues
  readonly #onTimeout: (expected: Expected) => void
  #expected: Expected = 'traffic'
  #timeoutMs = 0
  #looks = 0
  #lookedAt = 0
  /** Bytes that the kernel held at the last look. */
  #held: number | undefined

  constructor(socket: Socket, queues: KernelQueues, onTimeout: (expected: Expected) => void) {
    this.#socket = socket
    this.#queues = queues
    this.#onTimeout = onTimeout
    socket.on('timeout', () => this.#look())
  }

  /** Time out after so long (0: never) without traffic, or with bytes waiting of which none is taken. */
  expect(expected: Expected, timeoutMs: number): void {
    if (expected === this.#expected && timeoutMs === this.#timeoutMs) return
    this.#expected = expected
    this.#timeoutMs = timeoutMs
    this.#looks = 0
    this.#held = undefined
    this.#socket.setTimeout(this.#periodMs)
  }

  /** Bytes that waited were taken. */
  progressed(): void {
    this.#looks = 0
  }

  get #periodMs(): number {
    return this.#expected === 'writes' ? Math.ceil(this.#timeoutMs / LOOKS) : this.#timeoutMs
  }

  #look(): void {
    if (this.#expected === 'traffic') {
      this.#onTimeout('traffic')
      return
    }
    const now = performance.now()
    // The socket starts its timer anew when bytes were taken: then this timeout comes late.
    if (now - this.#lookedAt > 1.5 * this.#periodMs) this.#looks = 0
    this.#lookedAt = now
    this.#looks++
    this.#socket.setTimeout(this.#periodMs)
    this.#queues.waiting(this.#socket).then(
      (held) => this.#judge(held),
      () => this.#judge(undefined),
    )
  }

  #judge(held: number | undefined): void {
    if (held !== undefined && this.#held !== undefined && held < this.#held) this.#looks = 0
    this.#held = held
    if (this.#looks >= LOOKS && this.#expected === 'writes') this.#onTimeout('writes')
  }
}
