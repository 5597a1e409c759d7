import type { RunningDigest } from '@datastreamer/format'
import { parseVerifierKey, type VerifierKey } from '@datastreamer/format/signing'

/** Keys whose owners may vouch for a stream, by their ids. */
export type ProvingKeys = ReadonlyMap<number, VerifierKey>

/** Read public keys. @throws {KeyError} */
export async function provingKeys(texts: readonly string[]): Promise<ProvingKeys> {
  const keys = await Promise.all(texts.map(parseVerifierKey))
  return new Map(keys.map((key) => [key.id, key]))
}

/** What an iteration has proven, over any number of connections. */
export class Proof {
  readonly keys: ProvingKeys
  #delivered: RunningDigest | undefined

  constructor(keys: ProvingKeys) {
    this.keys = keys
  }

  /** The digest after the last entry that was delivered, once there is one. */
  get delivered(): RunningDigest | undefined {
    return this.#delivered
  }

  /** Entries up to there are delivered; what was delivered before, and is read again, is no news. */
  deliver(digest: RunningDigest): void {
    if (this.#delivered === undefined || digest.nextEntry > this.#delivered.nextEntry) this.#delivered = digest
  }
}
