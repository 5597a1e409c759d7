import { bytesLeftInPage, PAGE_BYTES } from '@datastreamer/format'

/** Bytes of a run that is compressed, about: twice as many shrink no better by more than 3 %, half as many take more time. */
const FRAME_BYTES = 128 * 1024
/** Most bytes of such a run, if it has more than one entry. */
export const MOST_FRAME_BYTES: number = 1.5 * FRAME_BYTES

/**
 * Position up to which whole entries from `position` on are compressed together. These ends lie at fixed places of the
 * file, so that readers who began anywhere come to the same runs: the first such place that leaves no run short.
 */
export function frameEnd(position: number): number {
  const left = bytesLeftInPage(position)
  const inPage = PAGE_BYTES - left
  const end = Math.ceil((inPage + FRAME_BYTES / 2) / FRAME_BYTES) * FRAME_BYTES
  return position + Math.min(end - inPage, left)
}
