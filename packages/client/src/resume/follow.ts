import { type Entry, type Header, RESULT_TEXT, ResultCode } from '@datastreamer/format'
import { sleep } from '@datastreamer/runtime'
import { ConnectionError, ProtocolError, ServerRefusedError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { StreamSession } from '../stream/session.ts'
import { Cursor, type CursorOptions, checkBookmark } from './cursor.ts'
import { GhostGuard, type LookUp } from './ghost.ts'
import { type HeaderWatch, HeadWatch } from './head-watch.ts'
import type { StreamIdentity } from './identity.ts'
import { Retry } from './retry.ts'

/** What happens to an iteration, in order. */
export type StreamEvent =
  /**
   * A connection streams, and the server has the entry that was delivered last. `boundaries`: whether it sends operation
   * boundaries.
   */
  | { readonly kind: 'connected'; readonly header: Header; readonly boundaries: boolean }
  /** The next entries, one or more, consecutive; each entry comes once. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /**
   * An operation of the source ended before entry `nextEntry`, which is the one after the last delivered. With `gap`, it
   * is unknown where operations end from here on up to the next such event. Told again after a reconnection.
   * docs/spec/protocol.md §7.
   */
  | { readonly kind: 'operationBoundary'; readonly nextEntry: bigint; readonly gap: boolean }
  /** An attempt failed, dialling included; the next begins after `retryInMs`. */
  | { readonly kind: 'disconnected'; readonly error: ConnectionError | ProtocolError; readonly retryInMs: number }

export interface FollowOptions extends CursorOptions {
  readonly boundaries: boolean
  /** Prove the first entry at the head, see {@link GhostGuard}; `undefined`: on servers that refused boundaries. */
  readonly verifyHead: boolean | undefined
  /** Who wants the headers that are seen beside the stream. */
  readonly headers: HeaderWatch | undefined
}

/** What an iteration needs of its client. */
export interface FollowContext {
  readonly settings: Settings
  readonly identity: StreamIdentity
  readonly lookUp: LookUp
  /** Ask for the header, not on the stream's connection; `again`: whether that will be done all the time. */
  readonly look: (again: boolean, signal: AbortSignal) => Promise<Header>
}

/**
 * Follow a stream over any number of connections: every entry from the first on, in order, once.
 *
 * connecting -> streaming -> (done | failed -> waiting -> connecting | failed for good)
 *
 * @throws the signal's reason; `TruncatedError`, `StreamChangedError`, `ServerRefusedError`; `ConnectionError` after
 * `backoff.maxAttempts`; `ProtocolError` if the server breaks the protocol at the same place again and again
 */
export async function* follow(
  context: FollowContext,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const cursor = new Cursor(options)
  const retry = new Retry(context.settings.backoff)
  while (!cursor.done) {
    let connectedAt: number | undefined
    const before = cursor.next
    try {
      for await (const event of streamOnce(context, options, cursor, signal)) {
        if (event.kind === 'connected') connectedAt = context.settings.clock.now()
        yield event
      }
    } catch (error) {
      signal.throwIfAborted()
      if (cursor.abandonRange(error)) continue
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error
      if (cursor.next !== before) retry.progressed()
      const retryInMs = retry.failed(error, connectedAt === undefined ? 0 : context.settings.clock.now() - connectedAt)
      yield { kind: 'disconnected', error, retryInMs }
      if (retryInMs > 0) await sleep(context.settings.clock, retryInMs, { signal })
    }
  }
}

/** One connection, until the cursor is done. */
async function* streamOnce(
  context: FollowContext,
  options: FollowOptions,
  cursor: Cursor,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const { settings } = context
  const { endToLocate } = cursor
  if (endToLocate !== undefined) cursor.endAt(await locateBookmark(context, endToLocate, signal))
  const session = await StreamSession.open(settings, { boundaries: options.boundaries, signal })
  const { header, boundaries } = session
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
    cursor.meet(context.identity.check(header))
    if (!cursor.done) await start(session, cursor)
    const verify = options.verifyHead ?? (options.boundaries && !boundaries)
    const guard = verify ? new GhostGuard(header.totalEntries, context.lookUp) : undefined
    // Told once the entry that is held was read again; of the operation boundaries before it the last one counts.
    let untold: readonly StreamEvent[] = [{ kind: 'connected', header, boundaries }]
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
      const item = await session.next(() => watch.silence)
      if ('nextEntry' in item) {
        const boundary = cursor.acceptBoundary(item)
        if (boundary !== undefined) untold = [...untold.slice(0, 1), { kind: 'operationBoundary', ...boundary }]
        continue
      }
      const { fresh, broken } = cursor.accept(guard === undefined ? item : await guard.filter(item), header)
      if (fresh.length > 0) untold = [...untold, { kind: 'entries', entries: fresh }]
      failure = broken
    }
  } catch (error) {
    session.drop(error)
    throw error
  } finally {
    await session.finish()
  }
}

async function start(session: StreamSession, cursor: Cursor): Promise<void> {
  try {
    const end = await session.start(cursor.begin())
    if (end !== undefined) cursor.endAt(end)
  } catch (error) {
    throw cursor.refused(error, session.header)
  }
}

/** The number of a bookmark's own entry, on a connection of its own: streaming from there, the first entry tells. */
async function locateBookmark(context: FollowContext, bookmark: Uint8Array, signal: AbortSignal): Promise<bigint> {
  const session = await StreamSession.open(context.settings, { boundaries: false, signal })
  const { responseTimeoutMs: limitMs } = context.settings
  try {
    context.identity.check(session.header)
    await session.start({ name: 'startBookmark', bookmark })
    const item = await session.next(() => ({ limitMs, since: 0 }))
    const first = 'nextEntry' in item ? undefined : item[0]
    if (first === undefined) throw new ProtocolError('UNEXPECTED_PACKET', 'no entry where a bookmark should be')
    checkBookmark(first, bookmark)
    return first.number
  } catch (error) {
    if (!(error instanceof ServerRefusedError) || error.code !== 'BAD_FROM_BOOKMARK') throw error
    throw new ServerRefusedError('end at a bookmark', { code: ResultCode.BAD_TO_BOOKMARK, text: RESULT_TEXT[5] })
  } finally {
    await session.finish()
  }
}
