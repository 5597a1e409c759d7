import type { VerificationError } from '@datastreamer/e2store'
import type { HeldBlocks, HeldEras } from '@datastreamer/e2store/folder'

/** What verifying the content of a file showed. */
export interface Found {
  /** In words. */
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** For comparing files with each other, of those that hold history. */
  readonly held?: HeldBlocks | HeldEras
  /** The network, if the content shows it. */
  readonly network?: string
  /** A name that does not fit: reported after everything else was checked. */
  readonly wrongName?: VerificationError | undefined
}
