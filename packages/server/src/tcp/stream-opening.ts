import { encodeEntry, encodeRunningDigest, invariant } from '@datastreamer/format'
import type { LogPosition } from '@datastreamer/store/log'
import { progressAfter } from './entry-filter.ts'
import type { Extensions } from './extensions.ts'
import { type LookedUp, type Query, type Reply, replyTo } from './replies.ts'

type StreamReply = Extract<Reply, { readonly t: 'stream' }>

/**
 * What a command asks for; a stream of some entry types with the progress that it begins with, a signed one with the running
 * digest.
 *
 * @throws what reading the log or the index throws, as a rejection
 */
export function replyFor(
  query: Query,
  stream: LookedUp,
  { isFiltered, isSigned }: Pick<Extensions, 'isFiltered' | 'isSigned'>,
): Reply | Promise<Reply> {
  const starts = query.name === 'start' || query.name === 'startBookmark' || query.name === 'rangeBookmark'
  if (!starts || !(isFiltered || isSigned)) return replyTo(query, stream)
  return withOpening(query, stream, (reply) =>
    isFiltered ? progressBefore(reply.from, stream) : digestBefore(reply, stream),
  )
}

/** Where a stream begins and what it begins with are of the same history. */
async function withOpening(
  query: Query,
  stream: LookedUp,
  openingOf: (reply: StreamReply) => Promise<Uint8Array | undefined>,
): Promise<Reply> {
  const { log } = stream
  for (;;) {
    const { epoch } = log
    const reply = await replyTo(query, stream)
    if (reply.t !== 'stream') return reply
    const opening = await openingOf(reply)
    if (epoch === log.epoch) return { ...reply, opening }
  }
}

async function progressBefore({ number }: LogPosition, { log }: LookedUp): Promise<Uint8Array | undefined> {
  const { epoch } = log
  const before = number === 0 ? undefined : await log.entry(BigInt(number - 1))
  if (epoch !== log.epoch) return undefined
  invariant(number === 0 || before !== undefined, `a stream begins after entry ${number - 1}, which is not there`)
  return progressAfter(number, before && encodeEntry(before))
}

/** Ranges are not signed. */
async function digestBefore(
  { from: { number }, end }: StreamReply,
  { signatures }: LookedUp,
): Promise<Uint8Array | undefined> {
  if (signatures === undefined || end !== undefined) return undefined
  return encodeRunningDigest({ nextEntry: BigInt(number), runningDigest: await signatures.digestAt(number) })
}
