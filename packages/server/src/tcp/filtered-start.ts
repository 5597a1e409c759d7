import { encodeEntry, invariant } from '@datastreamer/format'
import { progressAfter } from './entry-filter.ts'
import { type LookedUp, type Query, type Reply, replyTo } from './replies.ts'

/**
 * What a command asks for; where streams are filtered, with the progress that one begins with.
 *
 * @throws what reading the log or the index throws, as a rejection
 */
export function replyFor(query: Query, stream: LookedUp, isFiltered: boolean): Reply | Promise<Reply> {
  const starts = query.name === 'start' || query.name === 'startBookmark' || query.name === 'rangeBookmark'
  return isFiltered && starts ? withProgress(query, stream) : replyTo(query, stream)
}

/** Where a stream begins and the entry before that are of the same history. */
async function withProgress(query: Query, stream: LookedUp): Promise<Reply> {
  const { log } = stream
  for (;;) {
    const { epoch } = log
    const reply = await replyTo(query, stream)
    if (reply.t !== 'stream') return reply
    const { number } = reply.from
    const before = number === 0 ? undefined : await log.entry(BigInt(number - 1))
    if (epoch !== log.epoch) continue
    invariant(number === 0 || before !== undefined, `a stream begins after entry ${number - 1}, which is not there`)
    return { ...reply, progress: progressAfter(number, before && encodeEntry(before)) }
  }
}
