import type { Objects } from '@datastreamer/e2store/objects'
import { formatVerifierKey } from '@datastreamer/format/signing'
import type { History, HistoryNotice } from '../../src/index.ts'
import { type OpenNodeHistoryOptions, openHistory } from '../../src/node.ts'
import { key, type TestHistory } from './make-history.ts'

export const publicKey: string = formatVerifierKey(key)

/** Time that passes at once between tries; what others are waited for never ends. */
const noTime = {
  after: (ms: number, work: () => void): (() => void) => {
    if (ms > 4000) return () => undefined
    const timer = setImmediate(work)
    return () => clearImmediate(timer)
  },
  random: () => 0,
}

export interface Opened {
  readonly history: History
  readonly notices: readonly HistoryNotice[]
}

/** Open a history in memory, without waiting between tries. */
export async function opened(
  made: TestHistory | readonly Objects[],
  options: OpenNodeHistoryOptions = {},
): Promise<Opened> {
  const notices: HistoryNotice[] = []
  const onNotice = (notice: HistoryNotice): number => notices.push(notice)
  const from = 'objects' in made ? [made.objects] : made
  return { history: await openHistory(from, { publicKey, clock: noTime, onNotice, ...options }), notices }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Gives the keys that were read since it was called last. */
export function readsOf({ objects }: TestHistory): () => string[] {
  let seen = objects.calls.length
  return () => {
    const calls = objects.calls.slice(seen)
    seen = objects.calls.length
    return calls.map(({ key: name }) => name)
  }
}
