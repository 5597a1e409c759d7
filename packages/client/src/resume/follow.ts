import { type EntriesTo, type Entry, type ExtensionCommand, type Header, TruncatedError } from '@datastreamer/format'
import { sleep } from '@datastreamer/runtime'
import { ConnectionError, ProtocolError } from '../errors.ts'
import type { Settings } from '../options.ts'
import type { CursorFrom } from '../position.ts'
import type { MissingExtensions } from '../stream/extensions.ts'
import { StreamSession } from '../stream/session.ts'
import { Cursor } from './cursor.ts'
import { entryEvents } from './entry-events.ts'
import { findCommon, type LookUp } from './find-common.ts'
import { type HeaderWatch, HeadWatch } from './head-watch.ts'
import type { IdentityCheck } from './identity.ts'
import { isUnknownBookmark, locateBookmark } from './locate-bookmark.ts'
import { noBookmark } from './not-found.ts'
import { Proof, type ProvingKeys } from './proof.ts'
import { proveHeld } from './prove-held.ts'
import { ProvenStream } from './proven-stream.ts'
import { Retry } from './retry.ts'
import { StaleHeadFilter } from './stale-head.ts'
import type { Rewound, StreamEvent } from './stream-event.ts'
import type { Trail } from './trail.ts'

export interface FollowOptions {
  /** Where to start if no trail says where. */
  readonly from: () => Promise<CursorFrom>
  /** Start after its newest checkpoint; without it, a rewritten history is an error. */
  readonly trail?: Trail | undefined
  readonly to: EntriesTo | undefined
  /** Whether to go on at the head that the first header shows. */
  readonly follow: boolean
  readonly boundaries: boolean
  /** Whether to ask for signatures, also where nothing has to be proven. */
  readonly signatures?: boolean | undefined
  /** Which entries are wanted (default: all). */
  readonly types?: ReadonlySet<number> | undefined
  /** Check the first entry at the head, see {@link StaleHeadFilter}; `undefined`: on servers that refused boundaries. */
  readonly verifyHead: boolean | undefined
  /** Who wants the headers that are seen beside the stream. */
  readonly headers: HeaderWatch | undefined
  /** An entry among those delivered that a new connection has to bring too, beside the last one. */
  readonly opening?: (() => Entry | undefined) | undefined
}

/** What an iteration needs of its client. */
export interface FollowContext {
  readonly settings: Settings
  readonly identity: IdentityCheck
  /** Extensions that the server is known to lack. */
  readonly missing: MissingExtensions
  /** The keys that entries are proven with; `undefined`: they need no proof. */
  readonly keys: Promise<ProvingKeys> | undefined
  readonly lookUp: LookUp
  /** Ask for the header, not on the stream's connection; `again`: whether that will be done all the time. */
  readonly look: (again: boolean, signal: AbortSignal) => Promise<Header>
}

/** Rewinds in a row, without a connection in between that streamed, before an iteration ends. */
const MAX_REWINDS = 3

/**
 * Follow a stream over any number of connections: every entry from the first on, in order, once. With a trail, a
 * rewritten history is followed from the newest checkpoint on that the stream still has.
 *
 * connecting -> streaming -> (done | failed -> waiting -> connecting | rewritten -> rewound -> connecting | failed for good)
 *
 * @throws the signal's reason; `TruncatedError`, `StreamChangedError`, `NotFoundError`; `ConnectionError` after
 * `backoff.maxAttempts`; `ProtocolError` if the server breaks the protocol at the same entry again and again, or does not
 * prove its entries; `KeyError` if a public key is none
 */
export async function* follow(
  context: FollowContext,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | Rewound, void, void> {
  const { clock, backoff } = context.settings
  const retry = new Retry(backoff)
  const { trail } = options
  const keys = await context.keys
  let proof = keys && new Proof(keys)
  let cursor: Cursor | undefined
  let rewinds = 0
  while (cursor === undefined || !cursor.done) {
    let connectedAt: number | undefined
    let before = cursor?.next
    try {
      if (rewinds > 0 && trail !== undefined) {
        cursor = undefined
        proof = keys && new Proof(keys)
        yield* rewind(context, trail)
      }
      cursor ??= new Cursor({ ...options, from: await startOf(options), mayAskRange: proof === undefined })
      before = cursor.next
      for await (const event of streamOnce(context, options, cursor, proof, signal)) {
        if (event.kind === 'connected') {
          connectedAt = clock.now()
          rewinds = 0
        }
        yield event
      }
    } catch (error) {
      signal.throwIfAborted()
      if (cursor?.abandonRange(error)) continue
      if (error instanceof TruncatedError && trail !== undefined && rewinds++ < MAX_REWINDS) continue
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error
      if (cursor?.next !== before) retry.progressed()
      const retryInMs = retry.failed(error, connectedAt === undefined ? 0 : clock.now() - connectedAt)
      yield { kind: 'disconnected', error, retryInMs }
      if (retryInMs > 0) await sleep(clock, retryInMs, { signal })
    }
  }
}

/** Take a trail back to what the stream still has; says so if anything that was delivered is lost. */
async function* rewind(context: FollowContext, trail: Trail): AsyncGenerator<Rewound, void, void> {
  const to = await findCommon(context.lookUp, trail.checkpoints)
  if (trail.rewindTo(to)) yield { kind: 'rewound', to, nextEntry: trail.nextEntry }
}

function startOf({ from, trail }: FollowOptions): Promise<CursorFrom> {
  return trail?.newest === undefined ? from() : Promise.resolve({ after: trail.newest })
}

/** One connection, until the cursor is done. */
async function* streamOnce(
  context: FollowContext,
  options: FollowOptions,
  cursor: Cursor,
  proof: Proof | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const { settings } = context
  const { types } = options
  const { endToLocate } = cursor.bounds
  if (endToLocate !== undefined) cursor.bounds.endAt(await locateEnd(context, endToLocate, signal))
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
    // Reported once the entry that is held was read again; of the operation boundaries before it the last one counts.
    let untold: readonly StreamEvent[] = [{ kind: 'connected', header, boundaries, compression, signatures }]
    let failure: ProtocolError | undefined
    for (;;) {
      if (!cursor.isRereading) {
        yield* untold
        untold = []
        if (!cursor.done) watch.begin()
      }
      if (failure !== undefined) throw failure
      if (cursor.done) return
      signal.throwIfAborted()
      const item = await stream.next(() => watch.idleLimit)
      if ('runningDigest' in item) {
        const { signature } = item
        if (signature !== undefined) untold = [...untold, { kind: 'signed', ...item, signature }]
        continue
      }
      if ('digest' in item) {
        const checkpoint = cursor.acceptProgress(item, header)
        if (checkpoint !== undefined) untold = [...untold, { kind: 'progress', nextEntry: item.nextEntry, checkpoint }]
        continue
      }
      if ('gap' in item) {
        const boundary = cursor.acceptBoundary(item)
        if (boundary !== undefined) untold = [...untold.slice(0, 1), { kind: 'operationBoundary', ...boundary }]
        continue
      }
      const { fresh, broken } = cursor.accept(staleHead === undefined ? item : await staleHead.filter(item), header)
      untold = [...untold, ...entryEvents(fresh, types)]
      failure = broken
    }
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

async function locateEnd({ settings, identity }: FollowContext, bookmark: Uint8Array, signal: AbortSignal) {
  try {
    return await locateBookmark(settings, identity, bookmark, signal)
  } catch (error) {
    throw isUnknownBookmark(error) ? noBookmark('TO_NOT_FOUND', bookmark, error) : error
  }
}
