import type { StreamClient } from '@datastreamer/client'
import type { StreamStore } from '@datastreamer/server'
import { DivergedError } from '../errors.ts'
import { countCommonEntries } from './common-entries.ts'
import { lastBoundary } from './last-boundary.ts'

/**
 * Cut the file back to what an upstream that was truncated still has, at an end of an operation. Nothing may be writing.
 *
 * @throws {DivergedError} `NOTHING_IN_COMMON`: then it is no truncation but another stream
 * @throws as the client and the store do
 */
export async function followTruncation(client: StreamClient, store: StreamStore, signal: AbortSignal): Promise<void> {
  const { totalEntries: own } = store.getHeader()
  const common = await countCommonEntries(client, store, signal)
  if (common === 0n && own > 0n) {
    const message = `the upstream has no entry in common with the ${own} of ${store.log.path}: it is not truncated to nothing`
    throw new DivergedError('NOTHING_IN_COMMON', message)
  }
  const { totalEntries: theirs } = await client.getHeader({ signal })
  // A header of the upstream is an end of an operation.
  const end = common === theirs ? common : await lastBoundary(store, common)
  if (end < own) await store.truncateFile(end)
}
