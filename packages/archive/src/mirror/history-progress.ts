import type { SegmentLeaf } from '../leaf/leaf.ts'

/** How far work on all segments of a history is. */
export interface HistoryProgress {
  readonly segments: number
  readonly totalSegments: number
  /** Of segments. */
  readonly bytes: number
  readonly totalBytes: number
}

/** Counts segments that are done. */
export class ProgressOf {
  readonly #onProgress: ((progress: HistoryProgress) => void) | undefined
  #progress: HistoryProgress

  constructor(segments: readonly SegmentLeaf[], onProgress: ((progress: HistoryProgress) => void) | undefined) {
    const totalBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#progress = { segments: 0, totalSegments: segments.length, bytes: 0, totalBytes }
    this.#onProgress = onProgress
  }

  add(leaf: SegmentLeaf): void {
    const { segments, bytes } = this.#progress
    this.#progress = { ...this.#progress, segments: segments + 1, bytes: bytes + leaf.bytes }
    this.#onProgress?.(this.#progress)
  }
}
