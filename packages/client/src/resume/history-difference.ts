import type { Checkpoint } from '../checkpoint.ts'
import { HistoryDiffersError } from '../errors.ts'
import type { FollowContext } from './follow-options.ts'
import type { IdentityDifference } from './identity.ts'

/** The error for an entry that is another one in the history than on the server. */
export function entryDiffers(
  context: FollowContext,
  entryNumber: bigint,
  historyCheckpoint: Checkpoint,
  serverCheckpoint: Checkpoint,
  cause?: unknown,
): HistoryDiffersError {
  const what = `entry ${entryNumber} is ${historyCheckpoint} in the history, ${serverCheckpoint} on the server`
  const found = { ...namesOf(context), entryNumber, historyCheckpoint, serverCheckpoint }
  return new HistoryDiffersError('ENTRY_DIFFERS', what, found, { cause })
}

/** The error for a server whose stream ends before entry `entryNumber`, which the history has. */
export function serverShorter(
  context: FollowContext,
  totalEntries: bigint,
  entryNumber: bigint,
  historyCheckpoint?: Checkpoint,
  cause?: unknown,
): HistoryDiffersError {
  const what = `the history has entry ${entryNumber}, the server's stream has ${totalEntries} entries`
  return new HistoryDiffersError(
    'SERVER_SHORTER',
    what,
    { ...namesOf(context), entryNumber, historyCheckpoint },
    { cause },
  )
}

/** The error for a history of another stream. */
export function otherStream(
  context: FollowContext,
  { field, expected, found }: IdentityDifference,
): HistoryDiffersError {
  const what = `the history's stream has ${field} ${found}, expected ${expected}`
  return new HistoryDiffersError('OTHER_STREAM', what, namesOf(context))
}

function namesOf({ history, settings }: FollowContext): { readonly history: string; readonly server: string } {
  return { history: history?.name ?? '', server: settings.name }
}
