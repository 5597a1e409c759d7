import type { StreamClient } from '@datastreamer/client'
import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import { entryKind } from '@datastreamer/sequencer-entries'
import type { StreamStore } from '@datastreamer/store'
import { sequencerBoundariesBefore } from '../boundaries/boundaries-before.ts'
import { generationOf } from '../boundaries/generation-of.ts'
import { lastBoundary } from '../boundaries/last-boundary.ts'
import { readEntries } from '../boundaries/read-entries.ts'
import { DivergedError } from '../errors.ts'
import { countCommonEntries } from './common-entries.ts'

/** What streams of one chain begin with, also if nothing else of them is the same. */
const PREAMBLE: ReadonlySet<string> = new Set(['bookmark', 'batchStart'])

/**
 * Truncate the file to what an upstream that was truncated still has, at an operation boundary. Nothing may be writing.
 *
 * @throws {DivergedError} `NOTHING_IN_COMMON`: no entry, or on a sequencer stream no more than the start of the first batch.
 * Then it is no truncation but another stream.
 * @throws as the client and the store do
 */
export async function followTruncation(client: StreamClient, store: StreamStore, signal: AbortSignal): Promise<void> {
  const { totalEntries: own } = store.getHeader()
  const common = await countCommonEntries(client, store, signal)
  if (own > 0n && !(await identifyStream(store, common))) {
    const message = `the upstream has nothing in common with the ${own} entries of ${store.log.path}: it is not truncated to nothing`
    throw new DivergedError('NOTHING_IN_COMMON', message)
  }
  const { totalEntries: theirs } = await client.getHeader({ signal })
  // A header of the upstream is an operation boundary, unless it is one that commits entry by entry.
  const isEnd = common === theirs && (await sequencerBoundariesBefore(store, common))?.mayEnd !== false
  const end = isEnd ? common : await lastBoundary(store, common)
  if (end < own) await store.truncateFile(end)
}

/** Whether the first entries of a file distinguish its stream from others. */
async function identifyStream(store: StreamStore, entries: bigint): Promise<boolean> {
  if (store.getHeader().streamType !== SEQUENCER_STREAM_TYPE) return entries > 0n
  const generation = await generationOf(store)
  for await (const { type } of readEntries(store, store.firstEntry, entries)) {
    if (!PREAMBLE.has(entryKind(type, generation))) return true
  }
  return false
}
