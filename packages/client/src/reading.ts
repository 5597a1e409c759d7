import { type Entry, entryTypesOf } from '@datastreamer/format'
import { type Checkpoint, checkpointOf } from './checkpoint.ts'
import type { EventsOptions, IterationOptions } from './iteration-options.ts'
import type { From } from './position.ts'
import { follow } from './resume/follow.ts'
import type { FollowContext } from './resume/follow-options.ts'
import type { Rewound, StreamEvent } from './resume/stream-event.ts'
import { Trail } from './resume/trail.ts'
import { cursorFrom } from './sequencer/locate-position.ts'

/** What happens to an iteration, with a trail of what it has delivered if it begins after one of a list of checkpoints. */
export async function* readEvents(
  context: FollowContext,
  {
    from = 0n,
    to,
    follow: goOn = true,
    boundaries = false,
    signatures = false,
    types,
    verifyHead,
    headers,
  }: EventsOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | Rewound, void, void> {
  const trail = isList(from) ? new Trail(from.after) : undefined
  const start = (): ReturnType<typeof cursorFrom> => cursorFrom(context, isList(from) ? 0n : from, signal)
  const options = {
    from: start,
    trail,
    to,
    follow: goOn,
    boundaries,
    signatures,
    types: entryTypesOf(types),
    verifyHead,
    headers,
  }
  for await (const event of follow(context, options, signal)) {
    yield event
    const last = event.kind === 'entries' ? event.entries.at(-1) : undefined
    if (last !== undefined) trail?.add(checkpointOf(last))
    if (event.kind === 'progress') trail?.add(event.checkpoint)
  }
}

/** Only the entries. @throws {TypeError} if they are to begin after a list of checkpoints */
export async function* readBatches(
  context: FollowContext,
  options: IterationOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[], void, void> {
  if (options.from !== undefined && isList(options.from)) {
    throw new TypeError('only events() and blockEvents() take a list of checkpoints: they say to which one they rewind')
  }
  for await (const event of readEvents(context, options, signal)) if (event.kind === 'entries') yield event.entries
}

function isList(
  from: From | { readonly after: readonly Checkpoint[] },
): from is { readonly after: readonly Checkpoint[] } {
  return typeof from === 'object' && 'after' in from && Array.isArray(from.after)
}
