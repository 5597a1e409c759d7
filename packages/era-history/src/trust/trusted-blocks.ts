import { VerificationError } from '@datastreamer/e2store'
import { equalBytes, hexOf } from './bytes.ts'
import type { TrustedBlock } from './trust.ts'

/** Throw unless a block has the hash that is known, if one is. */
export function checkTrustedBlock(
  blocks: readonly TrustedBlock[],
  number: bigint,
  hash: Uint8Array,
  position: number,
): void {
  const known = blocks.find((block) => block.number === number)
  if (known === undefined || equalBytes(known.hash, hash)) return
  const message = `block ${number} has hash ${hexOf(hash)}, it is known to have ${hexOf(known.hash)}`
  throw new VerificationError('WRONG_ROOT', message, position)
}
