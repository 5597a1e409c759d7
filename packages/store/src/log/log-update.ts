import type { Header } from '@datastreamer/format'
import type { CommitPoint } from './commit-point.ts'
import type { EntryRange } from './entry-range.ts'

/** A page in memory that threads share. */
export interface SharedPage {
  /** Position of the page's first byte in the file. */
  readonly start: number
  /** Number of the entry that the page opens with. */
  readonly firstNumber: number
  /** End of the page's last entry, if nothing more is added to the page. */
  readonly closedAt: number | undefined
  /** A whole page; only the bytes before the commit point count. */
  readonly memory: SharedArrayBuffer
}

/** Why nothing may be read from the file, in a form that can be sent to a thread. */
export interface SentError {
  readonly code: string | undefined
  readonly message: string
}

/** What a replica of a log begins with. */
export interface ReplicaStart {
  readonly path: string
  readonly header: Header
  /** Where the file begins. */
  readonly base: CommitPoint
  readonly damages: readonly EntryRange[]
  readonly refusal: SentError | undefined
  /** Whether what is read from the file has to be confirmed before it is delivered. */
  readonly confirmsReads: boolean
}

/** What happens to a log, in order. Those with an id are acknowledged, after which the file may change. */
export type LogUpdate =
  /** The commit point moved forward; the pages are those that are new, or have changed otherwise. */
  | { readonly t: 'commit'; readonly point: CommitPoint; readonly pages: readonly SharedPage[] }
  /** Every entry after the point was removed. */
  | { readonly t: 'truncate'; readonly id: number; readonly point: CommitPoint }
  /** The file begins elsewhere, and the bytes before that are about to change. */
  | { readonly t: 'base'; readonly id: number; readonly base: CommitPoint }
  /** Committed bytes are about to be changed in place. */
  | { readonly t: 'change'; readonly id: number }
  | { readonly t: 'changed' }
  | { readonly t: 'damages'; readonly ranges: readonly EntryRange[] }
  | { readonly t: 'refusal'; readonly refusal: SentError | undefined }

/** The part of what was thrown that can be sent to a thread. */
export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) }
  const { code, message }: NodeJS.ErrnoException = error
  return { code: typeof code === 'string' ? code : undefined, message }
}

/** An error that was sent by another thread. */
export function receivedError({ code, message }: SentError): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}
