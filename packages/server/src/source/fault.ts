import { FormatError, StreamError } from '@datastreamer/format'
import { SourceCode, type SourceCodeName } from '@datastreamer/format/source'
import { changedNothing, DiskError } from '@datastreamer/store'

/** What a source client is answered when it does not get what it asked for. docs/spec/source-protocol.md §8. */
export interface Fault {
  readonly code: SourceCodeName
  readonly text: string
}

/** A source client and its server do not mean the same stream length. */
export class MismatchError extends StreamError<'WRONG_FIRST_ENTRY' | 'WRONG_TOTAL_ENTRIES'> {
  override readonly name: string = 'MismatchError'
}

/** A source client may not write. */
export class RejectedError extends StreamError<
  'WRONG_VERSION' | 'UNAUTHORIZED' | 'WRONG_STREAM_TYPE' | 'BUSY' | 'ENTRIES_MISSING'
> {
  override readonly name: string = 'RejectedError'
}

/** A source client sent what is not allowed here. */
export class SourceProtocolError extends StreamError<'BAD_STATE'> {
  override readonly name: string = 'SourceProtocolError'
}

/** The codes above which a fault concerns one request; below, it ends the connection. */
const FIRST_REFUSAL: number = SourceCode.WRONG_FIRST_ENTRY

export function endsConnection({ code }: Pick<Fault, 'code'>): boolean {
  return SourceCode[code] < FIRST_REFUSAL
}

const CODES = Object.keys(SourceCode) as SourceCodeName[]
/** The codes that a source client gets when its connection is closed. */
export const CLOSING_CODES: readonly SourceCodeName[] = CODES.filter((code) => endsConnection({ code }))
/** The codes that a source client gets when one request is refused, each as logs and metrics name it. */
export const REFUSAL_CODES: readonly SourceCodeName[] = CODES.filter((code) => !endsConnection({ code }))

/** What to say of an error that a write met, or the reading of what a source sends. */
export function writeFault(error: unknown): Fault {
  const text = messageOf(error)
  if (error instanceof FormatError) return { code: 'BAD_MESSAGE', text }
  if (error instanceof DiskError) {
    // Whether the operation is in the file is known only when it is opened again: an answer could be wrong.
    return { code: changedNothing(error) ? 'WRITE_FAILED' : 'STORE_BROKEN', text }
  }
  if (!(error instanceof StreamError)) return { code: 'SERVER_FAILED', text }
  if (error.code === 'CLOSED') return { code: 'SERVER_CLOSED', text }
  return { code: error.code in SourceCode ? (error.code as SourceCodeName) : 'SERVER_FAILED', text }
}

/** What to say where the log or the index cannot be read: of a query, or of a change that could not begin. */
export function readFault(error: unknown): Fault {
  return { code: 'READ_FAILED', text: messageOf(error) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
