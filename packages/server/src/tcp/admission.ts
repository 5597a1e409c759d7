import type { RejectReason } from './server-events.ts'

export interface AdmissionLimits {
  /** 0 is no limit. */
  readonly maxConnections: number
  /** 0 is no limit. */
  readonly maxConnectionsPerAddress: number
}

/** Counts who is connected, and says who may not be. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #perAddress = new Map<string, number>()
  #connections = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Let a connection in, or say why not. One that was let in must `leave`. */
  enter(address: string): RejectReason | undefined {
    const reason = this.refusal(address)
    if (reason !== undefined) return reason
    this.#connections++
    this.#perAddress.set(address, this.#from(address) + 1)
    return undefined
  }

  /** Why a connection would not be let in now. */
  refusal(address: string): RejectReason | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    if (maxConnections > 0 && this.#connections >= maxConnections) return 'MAX_CONNECTIONS'
    const isFull = maxConnectionsPerAddress > 0 && this.#from(address) >= maxConnectionsPerAddress
    return isFull ? 'MAX_CONNECTIONS_PER_ADDRESS' : undefined
  }

  leave(address: string): void {
    this.#connections--
    const left = this.#from(address) - 1
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }

  #from(address: string): number {
    return this.#perAddress.get(address) ?? 0
  }
}

/** An address without the IPv6 notation that a listener on both families gives to IPv4. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
}
