import { Deadline } from '../socket/deadline.ts'
import { Silence } from '../socket/idle-timeout.ts'

export interface SourceTimersOptions {
  /** `performance.now()` when the connection was accepted. */
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
  readonly silence: Silence = new Silence(() => this.#onSilence())
  readonly #options: SourceTimersOptions
  readonly #hello: Deadline | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(options: SourceTimersOptions) {
    const { acceptedAt, helloTimeoutMs, onHelloLate } = options
    this.#options = options
    if (helloTimeoutMs > 0) this.#hello = new Deadline(acceptedAt + helloTimeoutMs - performance.now(), onHelloLate)
  }

  /** The hello is there, and has let the source in. */
  admitted(): void {
    const { inactivityTimeoutMs, onHeartbeat } = this.#options
    this.#hello?.stop()
    this.silence.limit(inactivityTimeoutMs)
    if (inactivityTimeoutMs > 0) this.#heartbeat = setInterval(onHeartbeat, inactivityTimeoutMs / 3)
  }

  stop(): void {
    this.#hello?.stop()
    this.silence.stop()
    clearInterval(this.#heartbeat)
  }

  #onSilence(): void {
    const { isListening, inactivityTimeoutMs, onInactive } = this.#options
    if (isListening()) onInactive()
    else this.silence.limit(inactivityTimeoutMs)
  }
}
