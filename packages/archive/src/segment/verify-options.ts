import type { Signal } from '@datastreamer/format'
import type { StreamPoint } from './point.ts'

export interface VerifySegmentOptions {
  readonly signal?: Signal | undefined
  /** A point inside the segment that the stream has to pass. */
  readonly through?: StreamPoint | undefined
  /** Called with the bytes of the file that are checked. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
}
