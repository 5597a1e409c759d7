import type { BookmarkIndex } from '@datastreamer/store/log'

/** An index for who looks no bookmarks up: it holds none, so nothing is read to fill it. */
export const noBookmarks: BookmarkIndex = {
  failed: false,
  put: () => {},
  remove: () => {},
  repair: async () => {},
  isAtPath: async () => true,
  writable: async () => {},
  get: async () => undefined,
  flush: async () => {},
  close: async () => {},
}
