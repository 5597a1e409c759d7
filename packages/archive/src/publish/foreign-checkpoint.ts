import { hexOf } from '../segment/point.ts'
import type { CheckpointKeys, SignedCheckpoint } from './checkpoint-keys.ts'
import { PublishError } from './publish-error.ts'
import type { SealedLog } from './sealed-log.ts'

/** A note that is there instead of the log's checkpoint, and what it says if it is signed by the log's key. */
export interface ForeignNote {
  readonly note: Uint8Array
  readonly found: SignedCheckpoint | undefined
}

/** Keep the note that stops publishing as evidence, beside the own one; gives the error that says so. */
export async function foreignCheckpoint(
  { note, found }: ForeignNote,
  { log, keys }: { readonly log: SealedLog; readonly keys: CheckpointKeys },
  why: string,
): Promise<PublishError> {
  await log.keepEvidence(note, found === undefined ? 'unknown' : `${found.size}-${hexOf(found.root).slice(0, 16)}`)
  const there = found === undefined ? `no checkpoint of ${keys.origin}, signed by its key` : shown(found)
  const own = log.signed === undefined ? 'nothing' : shown(log.signed)
  return new PublishError('FOREIGN_CHECKPOINT', `the history has ${there}; signed here was ${own}: ${why}`)
}

function shown({ size, root }: SignedCheckpoint): string {
  return `a checkpoint of ${size} leaves with root ${hexOf(root)}`
}
