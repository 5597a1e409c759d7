import {
  ENTRY_HEAD_BYTES,
  type Entry,
  type OperationBoundary,
  type Progress,
  type RunningDigest,
  type SignedDigest,
  TruncatedError,
} from '@datastreamer/format'
import { DigestChain, feedIdentity, idText, verifyDigest } from '@datastreamer/format/signing'
import { sha256Into } from '@datastreamer/runtime'
import type { IdleLimit, StreamItem } from '../connection/channel.ts'
import { ConnectionError, ProtocolError, UnsignedStreamError } from '../errors.ts'
import type { Settings } from '../options.ts'
import type { StreamSession } from '../stream/session.ts'
import type { Proof } from './proof.ts'

/** Bytes of entries that are held back: twice as many as a server sends without a signature in between. */
const MOST_HELD_BYTES = 4 * 1024 * 1024
/** Signatures of unknown keys that are kept for a place that is not proven yet. */
const MOST_UNKNOWN = 8

/** What is given once it is proven. */
interface Ready {
  readonly item: StreamItem
  /** The digest after it, if it has entries. */
  readonly after?: RunningDigest | undefined
}

/**
 * One connection whose entries are held back until a signature proves them. docs/spec/protocol.md §12.
 *
 * The stream begins with a digest that nobody vouches for. All later ones follow from it and from the entries, so a
 * signature for one of them proves the first one too, and everything in between.
 *
 * Invariant: no entry is given that is not in a digest that the owner of a key has signed.
 */
export class ProvenStream {
  readonly #session: StreamSession
  readonly #proof: Proof
  readonly #settings: Settings
  readonly #ready: Ready[] = []
  /** What came after the last signature, in order. */
  #held: (readonly Entry[] | OperationBoundary)[] = []
  #heldBytes = 0
  /** How long a signature was waited for. */
  #waitedMs = 0
  /** At the last place that is proven, or where the stream begins. */
  #chain: DigestChain | undefined
  /** Number of the next entry. */
  #next = 0n
  /** Signatures of unknown keys, of one place. */
  #unknown: SignedDigest[] = []

  constructor(session: StreamSession, proof: Proof, settings: Settings) {
    this.#session = session
    this.#proof = proof
    this.#settings = settings
  }

  /**
   * What comes next and is proven, as {@link StreamSession.next}, and after it the signature.
   *
   * @throws {UnsignedStreamError} if it is not proven
   * @throws {TruncatedError} `REWRITTEN` if it is proven, and what was delivered before is not of the same history
   */
  async next(idleLimit: () => IdleLimit): Promise<StreamItem> {
    for (;;) {
      const ready = this.#ready.shift()
      if (ready !== undefined) {
        if (ready.after !== undefined) this.#proof.deliver(ready.after)
        return ready.item
      }
      await this.#take(await this.#receive(idleLimit))
    }
  }

  async #receive(idleLimit: () => IdleLimit): Promise<StreamItem> {
    if (this.#heldBytes === 0) return this.#session.next(idleLimit)
    const { clock, responseTimeoutMs } = this.#settings
    const began = clock.now()
    const leftMs = responseTimeoutMs - this.#waitedMs
    if (leftMs <= 0) throw this.#unproven(`within ${responseTimeoutMs} ms`)
    try {
      return await this.#session.next(() => {
        const { limitMs = leftMs, since } = idleLimit()
        return { limitMs: Math.min(leftMs, limitMs), since: leftMs <= limitMs ? 0 : since }
      })
    } catch (error) {
      const isLate = error instanceof ConnectionError && error.code === 'TIMEOUT'
      throw isLate ? this.#unproven(`within ${responseTimeoutMs} ms`, error) : error
    } finally {
      this.#waitedMs += clock.now() - began
    }
  }

  async #take(item: StreamItem): Promise<void> {
    if ('runningDigest' in item) {
      if (this.#chain === undefined) this.#begin(item)
      else if (item.signature === undefined) throw unexpected('an unsigned digest', item.nextEntry)
      if (item.signature !== undefined) await this.#prove({ ...item, signature: item.signature })
    } else if ('digest' in item) {
      throw unexpected('a progress', item.nextEntry)
    } else if ('gap' in item) {
      if (this.#chain !== undefined && this.#held.length === 0) this.#ready.push({ item })
      else this.#held.push(item)
    } else {
      this.#hold(item)
    }
  }

  #begin(digest: RunningDigest): void {
    this.#chain = new DigestChain(digest, sha256Into)
    this.#next = digest.nextEntry
  }

  #hold(entries: readonly Entry[]): void {
    if (this.#chain === undefined) throw unexpected('an entry without a digest', entries[0]?.number)
    for (const { number, data } of entries) {
      if (number !== this.#next) throw gap(number, this.#next)
      this.#next++
      this.#heldBytes += ENTRY_HEAD_BYTES + data.length
    }
    this.#held.push(entries)
    if (this.#heldBytes > MOST_HELD_BYTES) throw this.#unproven(`in ${this.#heldBytes} bytes of entries`)
  }

  async #prove(signed: SignedDigest): Promise<void> {
    const { nextEntry, signature } = signed
    const chain = this.#chain
    if (chain === undefined || nextEntry < BigInt(chain.number) || nextEntry > this.#next) {
      throw gap(nextEntry, this.#next, 'a signature before')
    }
    const key = this.#proof.keys.get(signature.keyId)
    if (key === undefined) {
      this.#meetUnknown(signed, chain)
      return
    }
    if (!(await verifyDigest(signed, feedIdentity(this.#session.header), key))) {
      const message = `what should be the signature of ${key.name}+${idText(key.id)} before entry ${nextEntry} is none`
      throw new UnsignedStreamError('BAD_SIGNATURE', message)
    }
    const isSame = this.#isDelivered(chain)
    const proven = this.#hash(chain, Number(nextEntry))
    if (!chain.equals(signed.runningDigest)) {
      throw new UnsignedStreamError('CHANGED', `entries before ${nextEntry} are not those that ${key.name} has signed`)
    }
    if (!isSame || !proven.isSame) {
      const { nextEntry: next = 0n } = this.#proof.delivered ?? {}
      throw new TruncatedError('REWRITTEN', next - 1n, this.#session.header.totalEntries)
    }
    this.#waitedMs = 0
    const others = this.#unknown.filter((other) => other.nextEntry === nextEntry && chain.equals(other.runningDigest))
    this.#unknown = []
    this.#ready.push(...proven.ready, ...[signed, ...others].map((item) => ({ item })))
  }

  /** Those of keys that are not ours are of use to others, where they are for what was proven. */
  #meetUnknown(signed: SignedDigest, chain: DigestChain): void {
    if (BigInt(chain.number) === signed.nextEntry && this.#heldBytes === 0) {
      if (chain.equals(signed.runningDigest)) this.#ready.push({ item: signed })
      return
    }
    const known = this.#unknown.filter(({ nextEntry }) => nextEntry === signed.nextEntry)
    this.#unknown = [...known, signed].slice(-MOST_UNKNOWN)
  }

  /** Whether digests agree, where the chain is, with what was delivered. */
  #isDelivered(chain: DigestChain): boolean {
    const { delivered } = this.#proof
    return (
      delivered === undefined || Number(delivered.nextEntry) !== chain.number || chain.equals(delivered.runningDigest)
    )
  }

  /** Take what is held, up to an entry, and hash it. */
  #hash(chain: DigestChain, end: number): { readonly ready: readonly Ready[]; readonly isSame: boolean } {
    const ready: Ready[] = []
    let isSame = true
    let count = 0
    for (const item of this.#held) {
      if ('gap' in item) {
        if (Number(item.nextEntry) > end) break
        ready.push({ item })
      } else {
        const entries = item.slice(0, Math.max(0, end - chain.number))
        for (const entry of entries) {
          chain.appendEntry(entry)
          this.#heldBytes -= ENTRY_HEAD_BYTES + entry.data.length
          isSame &&= this.#isDelivered(chain)
        }
        if (entries.length > 0) {
          ready.push({ item: entries, after: { nextEntry: BigInt(chain.number), runningDigest: chain.digest } })
        }
        if (entries.length < item.length) {
          this.#held = [item.slice(entries.length), ...this.#held.slice(count + 1)]
          return { ready, isSame }
        }
      }
      count++
    }
    this.#held = this.#held.slice(count)
    return { ready, isSame }
  }

  #unproven(where: string, cause?: unknown): UnsignedStreamError {
    const from = this.#chain?.number
    const [other] = this.#unknown
    if (other === undefined) {
      return new UnsignedStreamError('NO_SIGNATURE', `no signature ${where} from entry ${from} on`, { cause })
    }
    const key = idText(other.signature.keyId)
    const message = `no signature of a known key ${where} from entry ${from} on, but one of the key with id ${key}`
    return new UnsignedStreamError('UNKNOWN_KEY', message, { cause })
  }
}

function gap(found: bigint, expected: bigint, what = 'entry'): ProtocolError {
  return new ProtocolError('GAP', `the server sent ${what} ${found}, expected ${expected}`)
}

function unexpected(what: string, nextEntry: Progress['nextEntry'] | undefined): ProtocolError {
  return new ProtocolError('UNEXPECTED_PACKET', `the server sent ${what} before entry ${nextEntry}`)
}
