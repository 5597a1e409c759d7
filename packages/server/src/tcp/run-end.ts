import { bytesLeftInPage, PAGE_BYTES } from '@datastreamer/format'

/**
 * Position up to which whole entries from `position` on are one run for all readers. Such ends lie at fixed places of the
 * file, so that readers who began anywhere come to the same runs: the first such place that leaves no run short.
 *
 * @param bytes of a run, about; they divide a page
 * @returns no more than {@link mostRunBytes} after `position`, and half of `bytes` at least unless the page ends before
 */
export function runEnd(position: number, bytes: number): number {
  const left = bytesLeftInPage(position)
  const inPage = PAGE_BYTES - left
  const end = Math.ceil((inPage + bytes / 2) / bytes) * bytes
  return position + Math.min(end - inPage, left)
}

/** Most bytes of a run that is to have about `bytes`, if it has more than one entry. */
export function mostRunBytes(bytes: number): number {
  return 1.5 * bytes
}
