import { shareOf } from '@datastreamer/runtime'
import type { RejectReason } from './endpoint-events.ts'

export interface AdmissionLimits {
  /** 0 is no limit. */
  readonly maxConnections: number
  /** For each share, see {@link shareOf}; 0 is no limit. */
  readonly maxConnectionsPerAddress: number
}

/** Counts who is connected, and says who may not be. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #perShare = new Map<string, number>()
  #connections = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Accept a connection, or say why not. One that was accepted must be removed. */
  add(address: string): RejectReason | undefined {
    const reason = this.rejection(address)
    if (reason !== undefined) return reason
    this.#connections++
    const share = shareOf(address)
    this.#perShare.set(share, this.#from(share) + 1)
    return undefined
  }

  /** Why a connection would be rejected now. */
  rejection(address: string): RejectReason | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    if (maxConnections > 0 && this.#connections >= maxConnections) return 'MAX_CONNECTIONS'
    const isFull = maxConnectionsPerAddress > 0 && this.#from(shareOf(address)) >= maxConnectionsPerAddress
    return isFull ? 'MAX_CONNECTIONS_PER_ADDRESS' : undefined
  }

  remove(address: string): void {
    this.#connections--
    const share = shareOf(address)
    const left = this.#from(share) - 1
    if (left > 0) this.#perShare.set(share, left)
    else this.#perShare.delete(share)
  }

  #from(share: string): number {
    return this.#perShare.get(share) ?? 0
  }
}
