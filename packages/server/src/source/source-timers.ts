import { type Clock, Deadline, type Timer } from '@datastreamer/runtime'
import { IdleTimeout } from '../socket/idle-timeout.ts'

export interface SourceTimersOptions {
  readonly clock: Clock
  /** When the connection was accepted, by the clock. */
  readonly acceptedAt: number
  /** 0 is no limit. */
  readonly helloTimeoutMs: number
  /** 0 is no limit. */
  readonly inactivityTimeoutMs: number
  /** Whether what the source client sends is being read: it is idle only then. */
  readonly isListening: () => boolean
  readonly onHelloLate: () => void
  readonly onInactive: () => void
  /** Called every third of the inactivity timeout. */
  readonly onHeartbeat: () => void
}

/** When the connection of a source client ends by itself: a deadline for its hello, then an idle timeout. docs/spec/source-protocol.md §9. */
export class SourceTimers {
  /** To be touched when something comes. */
  readonly idle: IdleTimeout
  readonly #options: SourceTimersOptions
  readonly #hello: Deadline | undefined
  #heartbeat: Timer | undefined

  constructor(options: SourceTimersOptions) {
    const { clock, acceptedAt, helloTimeoutMs, onHelloLate } = options
    this.#options = options
    this.idle = new IdleTimeout(clock, () => this.#onIdle())
    if (helloTimeoutMs > 0) this.#hello = new Deadline(clock, acceptedAt + helloTimeoutMs - clock.now(), onHelloLate)
  }

  /** The hello is there, and was accepted. */
  accepted(): void {
    const { clock, inactivityTimeoutMs, onHeartbeat } = this.#options
    this.#hello?.cancel()
    this.idle.start(inactivityTimeoutMs)
    if (inactivityTimeoutMs > 0) this.#heartbeat = clock.every(inactivityTimeoutMs / 3, onHeartbeat)
  }

  stop(): void {
    this.#hello?.cancel()
    this.idle.stop()
    this.#heartbeat?.cancel()
  }

  #onIdle(): void {
    const { isListening, inactivityTimeoutMs, onInactive } = this.#options
    if (isListening()) onInactive()
    else this.idle.start(inactivityTimeoutMs)
  }
}
