import { type Clock, Deadline, type Timer } from '@datastreamer/runtime'
import { Silence } from '../socket/idle-timeout.ts'

export interface SourceTimersOptions {
  readonly clock: Clock
  /** When the connection was accepted, by the clock. */
  readonly acceptedAt: number
  /** 0 is no limit. */
  readonly helloTimeoutMs: number
  /** 0 is no limit. */
  readonly inactivityTimeoutMs: number
  /** Whether what the source sends is being read: it is silent only then. */
  readonly isListening: () => boolean
  readonly onHelloLate: () => void
  readonly onInactive: () => void
  /** Called every third of the inactivity timeout. */
  readonly onHeartbeat: () => void
}

/** When a source's connection ends by itself: a deadline for its hello, then silence. docs/spec/source-protocol.md §9. */
export class SourceTimers {
  /** To be told of what comes. */
  readonly silence: Silence
  readonly #options: SourceTimersOptions
  readonly #hello: Deadline | undefined
  #heartbeat: Timer | undefined

  constructor(options: SourceTimersOptions) {
    const { clock, acceptedAt, helloTimeoutMs, onHelloLate } = options
    this.#options = options
    this.silence = new Silence(clock, () => this.#onSilence())
    if (helloTimeoutMs > 0) this.#hello = new Deadline(clock, acceptedAt + helloTimeoutMs - clock.now(), onHelloLate)
  }

  /** The hello is there, and has let the source in. */
  admitted(): void {
    const { clock, inactivityTimeoutMs, onHeartbeat } = this.#options
    this.#hello?.cancel()
    this.silence.limit(inactivityTimeoutMs)
    if (inactivityTimeoutMs > 0) this.#heartbeat = clock.every(inactivityTimeoutMs / 3, onHeartbeat)
  }

  stop(): void {
    this.#hello?.cancel()
    this.silence.stop()
    this.#heartbeat?.cancel()
  }

  #onSilence(): void {
    const { isListening, inactivityTimeoutMs, onInactive } = this.#options
    if (isListening()) onInactive()
    else this.silence.limit(inactivityTimeoutMs)
  }
}
