import { namesByNumber } from '../bytes.ts'

/**
 * Why a server refused a request of a source, or closes its connection, and the number that says so. The names are also
 * the codes of errors. docs/spec/source-protocol.md §8.
 */
export const SourceCode = {
  // The connection is closed.
  BAD_MESSAGE: 1,
  BAD_STATE: 2,
  WRONG_VERSION: 3,
  WRONG_STREAM_TYPE: 4,
  UNAUTHORIZED: 5,
  BUSY: 6,
  SUPERSEDED: 7,
  ENTRIES_MISSING: 8,
  INACTIVE: 9,
  SERVER_CLOSED: 10,
  STORE_BROKEN: 11,
  SERVER_FAILED: 12,
  // One request is refused.
  WRONG_FIRST_ENTRY: 32,
  WRONG_TOTAL_ENTRIES: 33,
  ATOMIC_OP_IN_PROGRESS: 34,
  ATOMIC_OP_FAILED: 35,
  TRUNCATE_IN_PROGRESS: 36,
  ENTRY_TOO_LARGE: 37,
  BAD_BOOKMARK: 38,
  TOO_MUCH_PENDING: 39,
  WRITE_FAILED: 40,
  ENTRY_NOT_FOUND: 41,
  ENTRY_DIFFERS: 42,
  READ_FAILED: 43,
} as const

/** One of the codes that this protocol knows; a peer may send others. */
export type SourceCode = (typeof SourceCode)[keyof typeof SourceCode]
export type SourceCodeName = keyof typeof SourceCode

const NAMES = namesByNumber(SourceCode)

/** The name of a code, or `undefined` if it is none that we know. */
export function sourceCodeName(code: number): SourceCodeName | undefined {
  return NAMES.get(code)
}
