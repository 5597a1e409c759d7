import type { Deviation } from '../archive/deviation.ts'
import type { Layout } from '../archive/layout.ts'

export interface ContentFindings {
  readonly layout: Layout
  readonly preMergeBlocks: number
  /** Where the header of the first block is whose withdrawals root is not that of withdrawals. */
  readonly otherWithdrawalsRoot: number | undefined
}

/**
 * What the blocks of a file show to be otherwise than the format says.
 *
 * @see docs/spec/e2store-execution.md §12
 */
export function contentDeviations({ layout, preMergeBlocks, otherWithdrawalsRoot }: ContentFindings): Deviation[] {
  const deviations: Deviation[] = []
  const difficulties = layout.columns.indexOf('totalDifficulty')
  if (layout.kind === 'ere' && preMergeBlocks === 0 && difficulties >= 0) {
    const message = 'total difficulties, though all blocks are after the merge'
    deviations.push({ code: 'DIFFICULTY_AFTER_MERGE', message, position: layout.target(0, difficulties) })
  }
  if (otherWithdrawalsRoot !== undefined) {
    const message = 'withdrawals roots are not checked: as on OP Stack chains, they are of the storage of a contract'
    deviations.push({ code: 'UNCHECKED_WITHDRAWALS', message, position: otherWithdrawalsRoot })
  }
  return deviations
}
