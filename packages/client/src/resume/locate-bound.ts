import type { FollowContext } from './follow-options.ts'
import { isUnknownBookmark, locateBookmark } from './locate-bookmark.ts'
import { noBookmark } from './not-found.ts'

/**
 * The number of the bookmark at which an iteration begins or ends, by the server.
 *
 * @throws {NotFoundError} `code` if the stream has no such bookmark
 */
export async function locateBound(
  { settings, identity }: FollowContext,
  code: 'FROM_NOT_FOUND' | 'TO_NOT_FOUND',
  bookmark: Uint8Array,
  signal: AbortSignal,
): Promise<bigint> {
  try {
    return await locateBookmark(settings, identity, bookmark, signal)
  } catch (error) {
    throw isUnknownBookmark(error) ? noBookmark(code, bookmark, error) : error
  }
}
