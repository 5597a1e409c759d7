import type { Clock, Net, NetSocket } from '@datastreamer/runtime'

/** What a client is expected to do: to send or take anything, or to take what waits for it. */
export type Expected = 'traffic' | 'writes'

/** What a connection is watched with. */
export interface WatchedBy {
  readonly clock: Clock
  readonly net: Pick<Net, 'heldBytes'>
}

/** Looks within one timeout: the first and the last also ask the kernel, which has its price. */
const LOOKS = 4

/**
 * Notices when a client does not do what is expected.
 *
 * A socket of Node reports a timeout only if the kernel took none of the bytes that wait since it last looked. Several
 * such timeouts in a row, and a kernel that holds as much at the last as at the first, distinguish a client that takes
 * nothing from one that is slow, however large the write is.
 */
export class SocketWatch {
  readonly #socket: NetSocket
  readonly #clock: Clock
  readonly #net: Pick<Net, 'heldBytes'>
  readonly #onTimeout: (expected: Expected) => void
  #expected: Expected = 'traffic'
  #timeoutMs = 0
  #looks = 0
  #lookedAt = 0
  /** Bytes that the kernel held when it was asked. */
  #held: number | undefined

  constructor(socket: NetSocket, { clock, net }: WatchedBy, onTimeout: (expected: Expected) => void) {
    this.#socket = socket
    this.#clock = clock
    this.#net = net
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
    const now = this.#clock.now()
    // The socket starts its timer anew when bytes were taken: then this timeout comes late.
    if (now - this.#lookedAt > 1.5 * this.#periodMs) this.#looks = 0
    this.#lookedAt = now
    this.#looks++
    this.#socket.setTimeout(this.#periodMs)
    if (this.#looks > 1 && this.#looks < LOOKS) return
    this.#net.heldBytes(this.#socket).then(
      (held) => this.#judge(held),
      () => this.#judge(undefined),
    )
  }

  #judge(held: number | undefined): void {
    const before = this.#held
    this.#held = held
    if (this.#looks < LOOKS || this.#expected !== 'writes') return
    // What it took since the first look makes this one the first.
    if (held !== undefined && before !== undefined && held < before) this.#looks = 1
    else this.#onTimeout('writes')
  }
}
