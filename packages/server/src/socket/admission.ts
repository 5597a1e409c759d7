import { shareOf } from '@datastreamer/runtime'
import { descriptorLimit } from './descriptors.ts'
import type { RejectReason } from './endpoint-events.ts'
import { ShareTable, type ShareTableMemory, shareTableMemory } from './share-table.ts'
import { SharedLock } from './shared-lock.ts'

export interface AdmissionLimits {
  /** 0 is no limit. */
  readonly maxConnections: number
  /** For each share, see {@link shareOf}; 0 is no limit. */
  readonly maxConnectionsPerAddress: number
}

/** What threads need to count together. */
export interface AdmissionMemory {
  /** The lock, the connections, and the number of the last one that was admitted, as two words. */
  readonly words: SharedArrayBuffer
  readonly shares: ShareTableMemory | undefined
}

/** Connections that a process can have if nothing else says how many. */
const MANY = 65_536
const LOCK = 0
const CONNECTIONS = 1
const LAST_ID_AT_BYTE = 8

export function admissionMemory({ maxConnections, maxConnectionsPerAddress }: AdmissionLimits): AdmissionMemory {
  const most = maxConnections > 0 ? maxConnections : (descriptorLimit() ?? MANY)
  const shares = maxConnectionsPerAddress > 0 ? shareTableMemory(most) : undefined
  return { words: new SharedArrayBuffer(16), shares }
}

/** Counts who is connected, in all threads together, and says who may not be. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #words: Int32Array
  readonly #lastId: BigInt64Array
  readonly #lock: SharedLock
  readonly #shares: ShareTable | undefined

  constructor(limits: AdmissionLimits, { words, shares }: AdmissionMemory = admissionMemory(limits)) {
    this.#limits = limits
    this.#words = new Int32Array(words)
    this.#lastId = new BigInt64Array(words, LAST_ID_AT_BYTE)
    this.#lock = new SharedLock(this.#words.subarray(LOCK, LOCK + 1))
    this.#shares = shares && new ShareTable(shares)
  }

  /** A number that no other connection has, in any thread. */
  nextId(): number {
    return Number(Atomics.add(this.#lastId, 0, 1n)) + 1
  }

  /** Accept a connection, or say why not. One that was accepted must be removed. */
  add(address: string): RejectReason | undefined {
    return this.#lock.run(() => {
      const reason = this.#rejection(address)
      if (reason !== undefined) return reason
      this.#count(1)
      this.#shares?.increment(shareOf(address))
      return undefined
    })
  }

  /** Why a connection would be rejected now. */
  rejection(address: string): RejectReason | undefined {
    return this.#lock.run(() => this.#rejection(address))
  }

  remove(address: string): void {
    this.#lock.run(() => {
      this.#count(-1)
      this.#shares?.decrement(shareOf(address))
    })
  }

  #rejection(address: string): RejectReason | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    if (maxConnections > 0 && (this.#words[CONNECTIONS] ?? 0) >= maxConnections) return 'MAX_CONNECTIONS'
    const count = this.#shares?.count(shareOf(address)) ?? 0
    return count > 0 && count >= maxConnectionsPerAddress ? 'MAX_CONNECTIONS_PER_ADDRESS' : undefined
  }

  #count(by: number): void {
    this.#words[CONNECTIONS] = (this.#words[CONNECTIONS] ?? 0) + by
  }
}
