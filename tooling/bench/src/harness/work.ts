import type { Fsync } from '@datastreamer/store'
import { BOOKMARK_BYTES, ENTRY_BYTES } from './stream-file.ts'

/** What is written: operations of so many entries, each after a bookmark or not. */
export interface Work {
  readonly operations: number
  readonly entries: number
  readonly bookmark: boolean
  /** Operations after which the last commit is awaited; `undefined`: only the last of all, with a pause now and then. */
  readonly awaitEvery?: number | undefined
}

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
