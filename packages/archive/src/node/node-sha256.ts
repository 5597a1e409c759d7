import { createHash, hash, webcrypto } from 'node:crypto'
import type { Sha256 } from '../sha256.ts'

/** Fewest bytes for which it is worth to hash them in a thread of the system's pool. */
const LARGE_BYTES = 65_536

/** By Node's own code. */
export const nodeSha256: Sha256 = {
  // Through a text it takes a third of the time.
  digest: (bytes) => Buffer.from(hash('sha256', bytes, 'binary'), 'binary'),
  large: (bytes) =>
    bytes.length < LARGE_BYTES
      ? nodeSha256.digest(bytes)
      : webcrypto.subtle.digest('SHA-256', bytes).then((digest) => new Uint8Array(digest)),
  create: () => createHash('sha256'),
}
