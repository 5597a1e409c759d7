import type { Fsync } from '@datastreamer/store'
import type { Work } from '../processes/write.ts'
import { BOOKMARK_BYTES, ENTRY_BYTES } from './stream-file.ts'

/** A shape of operations that the write path is measured with. */
export type Shape = Pick<Work, 'entries' | 'bookmark'>

export const SHAPES: readonly Shape[] = [
  { entries: 10, bookmark: true },
  { entries: 1, bookmark: true },
  { entries: 1, bookmark: false },
]
export const FSYNC_MODES: readonly Fsync[] = ['never', 'interval', 'commit']

export function shapeText({ entries, bookmark }: Shape): string {
  return `${entries} ${entries === 1 ? 'entry' : 'entries'}${bookmark ? ' and a bookmark' : ''}`
}

/** Bytes that an operation takes in the file. */
export function operationBytes({ entries, bookmark }: Shape): number {
  return entries * ENTRY_BYTES + (bookmark ? BOOKMARK_BYTES : 0)
}
