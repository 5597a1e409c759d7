import { type Entry, type Header, TruncatedError } from '@datastreamer/format'
import { type Checkpoint, type CheckpointParts, checkpointOf } from '../checkpoint.ts'
import type { LookUp } from './find-common.ts'

/** What a filtered stream has to begin after. */
export interface ProvenHeld {
  /** Digest, in hex, of the entry before the first. */
  readonly digest: string
  /** The first entry that the checkpoint was made of, if it was looked up. */
  readonly opening: Entry | undefined
}

/**
 * Prove that a server still has what is held, as far as the beginning of a filtered stream does not: that begins with the
 * digest of one entry, whereas a checkpoint may be of two.
 *
 * @param lookUp on the connection that is about to stream
 * @throws {TruncatedError}
 */
export async function proveHeld(held: CheckpointParts, lookUp: LookUp, { totalEntries }: Header): Promise<ProvenHeld> {
  const { first, last, text } = held
  if (first === last) return { digest: digestIn(text), opening: undefined }
  const opening = await lookUp(first)
  const entry = opening && (await lookUp(last))
  if (entry === undefined) throw new TruncatedError('TRUNCATED', last, totalEntries)
  if (checkpointOf(entry, opening) !== text) throw new TruncatedError('REWRITTEN', last, totalEntries)
  return { digest: digestIn(checkpointOf(entry)), opening }
}

function digestIn(checkpoint: Checkpoint): string {
  return checkpoint.slice(checkpoint.indexOf(':') + 1)
}
