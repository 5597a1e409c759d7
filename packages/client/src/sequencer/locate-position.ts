import { type U64, u64Of } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import type { CursorFrom, From, SequencerPosition } from '../position.ts'
import type { FollowContext } from '../resume/follow-options.ts'
import { loadSequencerEntries } from './entries-package.ts'
import { generationOf } from './generation.ts'

/**
 * Where a cursor starts: at the bookmark of a block or batch, or as it is given.
 *
 * @param generation how the entries are encoded; without it that is found out
 */
export async function cursorFrom(
  context: FollowContext,
  from: From,
  signal: AbortSignal,
  generation?: Generation,
): Promise<CursorFrom> {
  if (!isSequencerPosition(from)) return from
  const [what, number] = numberOf(from)
  const { batchBookmark, blockBookmark } = await loadSequencerEntries()
  const encoding = generation ?? (await generationOf(context, await context.look(true, signal), signal))
  return { bookmark: what === 'block' ? blockBookmark(number, encoding) : batchBookmark(number, encoding) }
}

function isSequencerPosition(from: From): from is SequencerPosition {
  return typeof from === 'object' && ('block' in from || 'batch' in from)
}

function numberOf(from: SequencerPosition): [what: 'block' | 'batch', number: bigint] {
  const [what, value]: ['block' | 'batch', U64] = 'block' in from ? ['block', from.block] : ['batch', from.batch]
  return [what, u64Of(value, what)]
}
