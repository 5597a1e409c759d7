import { type Header, TruncatedError } from '@datastreamer/format'
import { type Checkpoint, type CheckpointParts, checkpointOf } from '../checkpoint.ts'
import type { LookUp } from './find-common.ts'
import { RewrittenError } from './rewritten.ts'

/**
 * Prove that a server still has what is held, as far as the beginning of a filtered stream does not: that begins with the
 * digest of one entry, whereas a checkpoint may be of two.
 *
 * @param lookUp on the connection that is about to stream
 * @returns digest, in hex, of the entry after which the stream has to begin
 * @throws {TruncatedError}
 */
export async function proveHeld(held: CheckpointParts, lookUp: LookUp, { totalEntries }: Header): Promise<string> {
  const { first, last, text } = held
  if (first === last) return digestIn(text)
  const opening = await lookUp(first)
  const entry = opening && (await lookUp(last))
  if (entry === undefined) throw new TruncatedError('TRUNCATED', last, totalEntries)
  const found = checkpointOf(entry, opening)
  if (found !== text) throw new RewrittenError(found, last, totalEntries)
  return digestIn(checkpointOf(entry))
}

function digestIn(checkpoint: Checkpoint): string {
  return checkpoint.slice(checkpoint.indexOf(':') + 1)
}
