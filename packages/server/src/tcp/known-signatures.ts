import type { DigestSignature } from '@datastreamer/format'
import type { LogPosition } from '@datastreamer/store/log'

/** A place between two entries, and what all before it comes to. docs/spec/archive.md §3. */
export interface DigestPoint extends LogPosition {
  /** 32 bytes. */
  readonly digest: Uint8Array
}

/** One for which somebody vouches. */
export interface SignedPoint extends DigestPoint {
  /** One of each key. */
  readonly signatures: readonly DigestSignature[]
  /** Whether the next entry begins a page. */
  readonly endsPage: boolean
}

/** What is known of the running digests of a log, and who vouches for them. */
export interface KnownSignatures {
  /** Whether readers may have them: the digests have come to the head, and somebody vouches for one that is not far from it. */
  readonly isGranted: boolean
  /** The newest signed points, in order: all that were found after the entries before {@link recentSince}. */
  readonly recent: readonly SignedPoint[]
  readonly recentSince: number
  /** The signed point at the end of a page; `undefined` if there is none. */
  pageEnd(page: number): Promise<SignedPoint | undefined>
  /** The first signed point after an entry that is known; `undefined` if there is none. */
  after(number: number): Promise<SignedPoint | undefined>
  /** The running digest before an entry of the log, as soon as the entries before it are hashed. */
  digestAt(number: number): Promise<Uint8Array>
  /** Call `onChange` when there is a new point, or another change, until the returned function is called. It must not throw. */
  listen(onChange: () => void): () => void
}
