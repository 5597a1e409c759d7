import { TruncatedError } from '@datastreamer/format'
import { sleep } from '@datastreamer/runtime'
import { ConnectionError, HistoryDiffersError, ProtocolError } from '../errors.ts'
import type { CursorFrom } from '../position.ts'
import { Cursor } from './cursor.ts'
import { findCommon } from './find-common.ts'
import type { FollowContext, FollowOptions } from './follow-options.ts'
import { HistoryFailure } from './history.ts'
import { HistoryReading } from './history-reading.ts'
import { Proof } from './proof.ts'
import { Retry } from './retry.ts'
import type { Rewound, StreamEvent } from './stream-event.ts'
import { streamOnce } from './stream-once.ts'
import type { Trail } from './trail.ts'

/** Rewinds in a row, without a connection in between that streamed, before an iteration ends. */
const MAX_REWINDS = 3

/**
 * Follow a stream over any number of connections, after a history if there is one: every entry from the first on, in order,
 * once. With a trail, a rewritten history is followed from the newest checkpoint on that the stream still has.
 *
 * [history ->] connecting -> streaming -> (done | failed -> waiting -> connecting | rewritten -> rewound -> connecting | failed for good)
 *
 * @throws the signal's reason; `TruncatedError`, `StreamChangedError`, `NotFoundError`; `ConnectionError` after
 * `backoff.maxAttempts`; `ProtocolError` if the server breaks the protocol at the same entry again and again,
 * or does not prove its entries; `KeyError` if a public key is none;
 * `HistoryDiffersError`, and what a history fails with for good
 */
export async function* follow(
  context: FollowContext,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent | Rewound, void, void> {
  const { clock, backoff } = context.settings
  const retry = new Retry(backoff)
  const history = new HistoryReading(context, options, signal)
  const { trail } = options
  const keys = await context.keys
  let proof = keys && new Proof(keys)
  let cursor: Cursor | undefined
  let rewinds = 0
  while (cursor === undefined || !cursor.done || history.owesProof || rewinds > 0) {
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
      const fromHistory = history.isReading || (cursor.done && history.owesProof)
      const events = fromHistory ? history.read(cursor) : streamOnce(context, options, cursor, proof, signal)
      for await (const event of events) {
        if (event.kind === 'connected') {
          connectedAt = clock.now()
          rewinds = 0
          const differs = history.proven()
          if (differs !== undefined) yield history.leftFor(differs)
        }
        yield event
      }
    } catch (error) {
      signal.throwIfAborted()
      if (cursor?.abandonRange(error)) continue
      const differs = error instanceof TruncatedError ? history.refuted(error, cursor?.proof) : error
      if (differs instanceof HistoryDiffersError) {
        yield history.leftFor(differs)
        if (differs === error) continue
      }
      if (error instanceof TruncatedError && trail !== undefined && rewinds++ < MAX_REWINDS) continue
      if (error instanceof HistoryFailure) {
        const event = history.failed(error)
        yield event
        await sleep(clock, event.retryInMs, { signal })
        continue
      }
      if (!(error instanceof ConnectionError || error instanceof ProtocolError)) throw error
      if (cursor?.next !== before) retry.progressed()
      const retryInMs = retry.failed(error, connectedAt === undefined ? 0 : clock.now() - connectedAt)
      yield { kind: 'disconnected', source: 'server', error, retryInMs }
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
