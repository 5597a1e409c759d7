import { BOOKMARK_TYPE, type Entry, sameEntry } from '@datastreamer/format'
import { ProtocolError, ServerRefusedError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { StreamSession } from '../stream/session.ts'
import type { IdentityCheck } from './identity.ts'

/**
 * The number of a bookmark's own entry, on a connection of its own: of a stream that is started there, it is the first
 * entry. No question of the protocol gives it.
 *
 * @throws {ServerRefusedError} `BAD_FROM_BOOKMARK` if the stream has no such bookmark
 */
export async function locateBookmark(
  settings: Settings,
  identity: IdentityCheck,
  bookmark: Uint8Array,
  signal: AbortSignal,
): Promise<bigint> {
  const session = await StreamSession.open(settings, { signal })
  const { responseTimeoutMs: limitMs } = settings
  try {
    identity.check(session.header)
    await session.start({ name: 'startBookmark', bookmark })
    const item = await session.next(() => ({ limitMs, since: 0 }))
    const first = 'nextEntry' in item ? undefined : item[0]
    if (first === undefined) throw new ProtocolError('UNEXPECTED_PACKET', 'no entry where a bookmark should be')
    checkBookmark(first, bookmark)
    return first.number
  } finally {
    await session.finish()
  }
}

/** Check that a stream that was started at a bookmark begins with it. @throws {ProtocolError} */
export function checkBookmark(first: Entry, bookmark: Uint8Array): void {
  if (sameEntry({ ...first, type: BOOKMARK_TYPE, data: bookmark }, first)) return
  throw new ProtocolError('UNEXPECTED_PACKET', `entry ${first.number} is not the bookmark requested`)
}

/** Whether a server refused because it does not have the bookmark to start at. */
export function isUnknownBookmark(error: unknown): error is ServerRefusedError {
  return error instanceof ServerRefusedError && error.code === 'BAD_FROM_BOOKMARK'
}
