import type { Entry } from '@datastreamer/format'
import { type Checkpoint, type CheckpointParts, checkpointOf, parseCheckpoint } from '../checkpoint.ts'

/** What was delivered last: a copy of the entry, or the checkpoint that the caller has of it. */
export type Held = Entry | CheckpointParts

/** @throws {TypeError} if a checkpoint is none */
export function hold(after: Entry | Checkpoint): Held {
  return typeof after === 'string' ? parseCheckpoint(after) : { ...after, data: after.data.slice() }
}

/** Number of the entry that is held. */
export function numberOf(held: Held): bigint {
  return 'text' in held ? held.last : held.number
}

/** What a new connection has to bring again. @param opening an entry before it that has to be the same too */
export function proofOf(held: Held, opening: Entry | undefined): CheckpointParts {
  return 'text' in held ? held : parseCheckpoint(checkpointOf(held, opening))
}
