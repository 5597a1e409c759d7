import { createHash, hash } from 'node:crypto'
import type { Sha256 } from '../sha256.ts'

/** By Node's own code. */
export const nodeSha256: Sha256 = {
  digest: (bytes) => hash('sha256', bytes, 'buffer'),
  large: (bytes) => hash('sha256', bytes, 'buffer'),
  create: () => createHash('sha256'),
}
