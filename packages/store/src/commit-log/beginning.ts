import { type CommitPoint, START } from '../log/commit-point.ts'

/** Where the records begin that count: those before it are of bytes that are no longer in the stream file. */
export interface Beginning {
  /** Where the stream file begins. */
  readonly base: CommitPoint
  /** Index of the first record that ends after that. */
  readonly first: number
  /** Whether its bytes begin there; otherwise some of them are gone, and its checksum says nothing. */
  readonly isExact: boolean
}

/** All records count. */
export const FROM_START: Beginning = { base: START, first: 0, isExact: true }
