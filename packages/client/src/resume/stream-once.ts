import type { ExtensionCommand } from '@datastreamer/format'
import { sleep } from '@datastreamer/runtime'
import { StreamSession } from '../stream/session.ts'
import type { Cursor } from './cursor.ts'
import { deliver, isEntries } from './deliver.ts'
import type { FollowContext, FollowOptions } from './follow-options.ts'
import { HeadWatch } from './head-watch.ts'
import { locateBound } from './locate-bound.ts'
import type { Proof } from './proof.ts'
import { proveHeld } from './prove-held.ts'
import { ProvenStream } from './proven-stream.ts'
import { StaleHeadFilter } from './stale-head.ts'
import type { StreamEvent } from './stream-event.ts'

/** One connection, until the cursor is done. @param proof what its entries have to prove; `undefined`: nothing */
export async function* streamOnce(
  context: FollowContext,
  options: FollowOptions,
  cursor: Cursor,
  proof: Proof | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const { settings } = context
  const { types } = options
  const { endToLocate } = cursor.bounds
  if (endToLocate !== undefined) cursor.bounds.endAt(await locateBound(context, 'TO_NOT_FOUND', endToLocate, signal))
  const commands = extensionsOf(options, proof)
  const wanted = { commands, missing: context.missing, needsSignatures: proof !== undefined }
  const session = await StreamSession.open(settings, { wanted, signal })
  const { header, extensions } = session
  const boundaries = extensions.has('operationBoundaries')
  const compression = extensions.has('compression')
  const signatures = extensions.has('signatures')
  const stream = proof === undefined ? session : new ProvenStream(session, proof, settings)
  await using watch = new HeadWatch({
    settings,
    stream: session,
    header,
    isOwed: (seen) => cursor.isOwed(seen),
    next: () => cursor.next,
    look: (stop) => context.look(options.headers !== undefined, stop),
    watch: options.headers,
  })
  try {
    if (!cursor.meet(context.identity.check(header))) {
      await session.finish()
      await untilHead(context, cursor.next, signal)
      return
    }
    if (!cursor.done) await start(session, cursor, types)
    const verify = options.verifyHead ?? (options.boundaries && !boundaries)
    const staleHead = verify ? new StaleHeadFilter(header.totalEntries, context.lookUp) : undefined
    yield* deliver(
      {
        cursor,
        header,
        types,
        begun: { kind: 'connected', header, boundaries, compression, signatures },
        next: async () => {
          const item = await stream.next(() => watch.idleLimit)
          return staleHead === undefined || !isEntries(item) ? item : staleHead.filter(item)
        },
        onProven: () => watch.begin(),
      },
      signal,
    )
  } catch (error) {
    session.drop(error)
    throw error
  } finally {
    await session.finish()
  }
}

/** What to ask a server for, before the stream is started. */
function extensionsOf(
  { boundaries, signatures, types }: FollowOptions,
  proof: Proof | undefined,
): readonly ExtensionCommand[] {
  const wanted: ExtensionCommand[] = boundaries ? [{ name: 'operationBoundaries' }] : []
  if (proof !== undefined || signatures) wanted.push({ name: 'signatures' })
  // Entries are proven by all that are before them.
  if (types !== undefined && proof === undefined) wanted.push({ name: 'entryTypes', types: [...types] })
  return [...wanted, { name: 'compression' }]
}

/** Wait until the stream has all entries before one. */
async function untilHead(context: FollowContext, number: bigint | undefined, signal: AbortSignal): Promise<void> {
  const { clock, headCheckMs } = context.settings
  while (number !== undefined && (await context.look(true, signal)).totalEntries < number) {
    await sleep(clock, headCheckMs, { signal })
  }
}

async function start(session: StreamSession, cursor: Cursor, types: FollowOptions['types']): Promise<void> {
  const isFiltered = session.extensions.has('entryTypes') && types !== undefined
  const held = isFiltered ? cursor.proof : undefined
  const digest = held && (await proveHeld(held, (number) => session.entry(number), session.header))
  try {
    const end = await session.start(isFiltered ? cursor.beginFiltered(types, digest) : cursor.begin())
    if (end !== undefined) cursor.bounds.endAt(end)
  } catch (error) {
    throw cursor.refused(error, session.header)
  }
}
