import { createHash } from 'node:crypto'
import { encodeEntry, type SignedDigest } from '@datastreamer/format'
import { encodeIdentity, feedIdentity, type SignerKey, signerKey, verifyDigest } from '@datastreamer/format/signing'
import { until } from '@datastreamer/runtime/testing'
import { openStore, type StreamStore } from '@datastreamer/store'
import { expect } from 'vitest'
import { type SignaturesEvent, type SignaturesOptions, type SignedPoint, StreamSignatures } from '../src/index.ts'

export const keyOf = (number: number): Promise<SignerKey> => signerKey('test', new Uint8Array(32).fill(number))

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The running digest before every entry of a stream, counted by other means. docs/spec/archive.md §3. */
async function digestsOf(store: StreamStore): Promise<readonly Uint8Array[]> {
  const { totalEntries } = store.getHeader()
  const digests = [sha256(encodeIdentity(feedIdentity(store.getHeader())))]
  if (totalEntries === 0n) return digests
  for await (const entry of store.entries({ follow: false })) {
    digests.push(sha256(digests.at(-1) as Uint8Array, encodeEntry(entry)))
  }
  return digests
}

/** A stream file whose signatures are kept up. */
export class SignedLog implements AsyncDisposable {
  readonly store: StreamStore
  readonly signatures: StreamSignatures
  readonly keys: readonly SignerKey[]
  readonly events: SignaturesEvent[]

  private constructor(
    store: StreamStore,
    signatures: StreamSignatures,
    keys: readonly SignerKey[],
    events: SignaturesEvent[],
  ) {
    this.store = store
    this.signatures = signatures
    this.keys = keys
    this.events = events
  }

  static async open(file: string, options: Omit<SignaturesOptions, 'log'> = {}): Promise<SignedLog> {
    const store = await openStore({ file, fsync: 'never', systemId: 779n, version: 2 })
    const keys = options.keys ?? [await keyOf(1)]
    const events: SignaturesEvent[] = []
    const onEvent = (event: SignaturesEvent): void => void events.push(event)
    const signatures = await StreamSignatures.open({ intervalMs: 1, onEvent, ...options, log: store.log, keys })
    return new SignedLog(store, signatures, keys, events)
  }

  /** Commit entries of so many bytes as one operation. */
  async commit(count: number, bytes: number, fill = 0): Promise<void> {
    await this.store.atomic((operation) => {
      for (let i = 0; i < count; i++) operation.addEntry(1, new Uint8Array(bytes).fill(fill + i))
    })
  }

  get total(): number {
    return Number(this.store.getHeader().totalEntries)
  }

  /** Resolves when the head is signed. */
  async signed(): Promise<void> {
    await until(() => this.signatures.isGranted && this.signatures.status.signedEntries === this.total)
  }

  /** Check that everything that is known is of the log, and signed. */
  async check(): Promise<void> {
    await this.signed()
    const digests = await digestsOf(this.store)
    for (const point of this.signatures.recent) await this.#checkPoint(point, digests)
    const { position } = await this.store.log.locate(this.total)
    for (let page = 0; page < Math.floor((position - 4097) / 1_048_576); page++) {
      const row = await this.signatures.pageEnd(page)
      expect(row, `page ${page}`).toBeDefined()
      if (row !== undefined) await this.#checkPoint(row, digests)
    }
    for (let number = 0; number <= this.total; number += Math.max(1, Math.floor(this.total / 7))) {
      expect(await this.signatures.digestAt(number)).toEqual(Uint8Array.from(digests[number] as Uint8Array))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signatures.close()
    await this.store.close()
  }

  async #checkPoint({ number, digest, signatures }: SignedPoint, digests: readonly Uint8Array[]): Promise<void> {
    expect(Buffer.from(digest).equals(digests[number] as Uint8Array), `digest before entry ${number}`).toBe(true)
    expect(signatures.map(({ keyId }) => keyId)).toEqual(this.keys.map(({ id }) => id))
    for (const [i, signature] of signatures.entries()) {
      const signed: SignedDigest = { nextEntry: BigInt(number), runningDigest: digest, signature }
      const isGood = await verifyDigest(signed, feedIdentity(this.store.getHeader()), this.keys[i] as SignerKey)
      expect(isGood).toBe(true)
    }
  }
}
