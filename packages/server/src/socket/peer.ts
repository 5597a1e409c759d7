import type { Clock, NetSocket } from '@datastreamer/runtime'

export interface PeerOptions {
  /** Unique at its endpoint. */
  readonly id: number
  readonly remoteAddress: string
  readonly socket: NetSocket
}

export interface PeerListener {
  /** The connection broke; it will be closed. */
  readonly onError: (error: NodeJS.ErrnoException) => void
  /** Nothing more happens at the socket. */
  readonly onClose: () => void
}

/** Who is at the other end of a connection, and since when. */
export class Peer {
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** Resolves after `onClose`. */
  readonly closed: Promise<void>
  readonly #clock: Clock
  readonly #connectedAt: number

  constructor({ id, remoteAddress, socket }: PeerOptions, clock: Clock, { onError, onClose }: PeerListener) {
    this.#clock = clock
    this.#connectedAt = clock.wallTime()
    this.id = id
    this.remoteAddress = remoteAddress
    this.remotePort = socket.remotePort ?? 0
    socket.on('error', onError)
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        onClose()
        resolve()
      })
    })
  }

  /** What status and events say of it. */
  get identity(): { readonly id: number; readonly remoteAddress: string } {
    return { id: this.id, remoteAddress: this.remoteAddress }
  }

  get connectedAt(): Date {
    return new Date(this.#connectedAt)
  }

  get connectedMs(): number {
    return this.#clock.wallTime() - this.#connectedAt
  }
}
