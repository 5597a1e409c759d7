import type { OperationBoundary } from '@datastreamer/format'

/** What is known of operation boundaries. */
export interface KnownBoundaries {
  /** The last known boundary at or before entry `number`: the number of the entry after it. `undefined`: none is known. */
  lastUpTo(number: number): Promise<number | undefined> | number | undefined
  /** Whether it is known where the operation ends that holds entry `number`. */
  isKnownAt(number: number): Promise<boolean> | boolean
}

/** None is known: then only the commit points that a reader reaches are boundaries. */
export const NO_BOUNDARIES: KnownBoundaries = { lastUpTo: () => undefined, isKnownAt: () => false }

/**
 * Number of the entry after the last boundary among entries, if there is one.
 *
 * @param from number of the first of them
 * @param to number after the last of them
 * @param isCommitPoint whether that is the commit point
 */
export async function lastWithin(
  known: KnownBoundaries,
  from: number,
  to: number,
  isCommitPoint: boolean,
): Promise<number | undefined> {
  const last = isCommitPoint ? to : await known.lastUpTo(to)
  return last !== undefined && last > from ? last : undefined
}

/** The boundary before entry `number`. */
export function boundaryAt(number: number, gap: boolean): OperationBoundary {
  return { nextEntry: BigInt(number), gap }
}
