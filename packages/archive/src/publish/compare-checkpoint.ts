import { sameBytes } from '../segment/point.ts'
import type { CheckpointKeys, SignedCheckpoint } from './checkpoint-keys.ts'
import type { SealedLog } from './sealed-log.ts'

/** How the checkpoint of a history stands to the newest one that the publisher signed. */
export type FoundCheckpoint =
  /** It is that one, or there is none yet. */
  | { readonly kind: 'same' }
  /** It is an older one, or was lost. */
  | { readonly kind: 'older'; readonly size: number }
  /** It is signed by the log's key and has more leaves: whether it continues the log is not known yet. */
  | { readonly kind: 'ahead'; readonly found: SignedCheckpoint }
  /** It cannot be one of this log. */
  | { readonly kind: 'foreign'; readonly note: Uint8Array; readonly found: SignedCheckpoint | undefined }

/** Compare the checkpoint that is in a history with the log. docs/spec/history.md §6. */
export async function compareCheckpoint(
  note: Uint8Array | undefined,
  log: SealedLog,
  keys: CheckpointKeys,
): Promise<FoundCheckpoint> {
  if (note === undefined) return log.signed === undefined ? { kind: 'same' } : { kind: 'older', size: 0 }
  if (log.signed !== undefined && sameBytes(note, log.signed.note)) return { kind: 'same' }
  const found = await keys.open(note)
  if (found === undefined) return { kind: 'foreign', note, found }
  if (found.size > log.signedSize) return { kind: 'ahead', found }
  if (!sameBytes(found.root, log.tree.root(found.size))) return { kind: 'foreign', note, found }
  return found.size === log.signedSize ? { kind: 'same' } : { kind: 'older', size: found.size }
}
