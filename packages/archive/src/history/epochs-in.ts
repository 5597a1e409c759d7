import { HistoryError } from '../leaf/history-error.ts'
import type { EpochLeaf, Leaf } from '../leaf/leaf.ts'

/**
 * The leaves that open epochs, all of them: epochs of leaves only rise, by one, so bundles between two leaves of one
 * epoch need not be read.
 *
 * @param bundles how many there are
 * @param read gives the leaves of one
 * @throws {HistoryError} `BROKEN_CHAIN`
 */
export async function epochsIn(
  bundles: number,
  first: EpochLeaf,
  last: Leaf,
  read: (index: number) => Promise<readonly Leaf[]>,
): Promise<readonly EpochLeaf[]> {
  const found: EpochLeaf[] = [first]
  /** Search bundles `low` to `high`; the epochs of the leaves around them are known. */
  const search = async (low: number, high: number, before: number, after: number): Promise<void> => {
    if (low > high || before === after) return
    const middle = (low + high) >>> 1
    const leaves = await read(middle)
    const [begin, end] = [leaves[0], leaves.at(-1)]
    if (begin === undefined || end === undefined) return
    await search(low, middle - 1, before, begin.kind === 'epoch' ? begin.epoch - 1 : begin.epoch)
    found.push(...leaves.filter((leaf): leaf is EpochLeaf => leaf.kind === 'epoch' && leaf.epoch > 0))
    await search(middle + 1, high, end.epoch, after)
  }
  await search(0, bundles - 1, first.epoch, last.epoch)
  const wrong = found.findIndex(({ epoch }, i) => epoch !== i)
  if (wrong === -1 && found.length === last.epoch + 1) return found
  const message = `epochs are not numbered from 0 to ${last.epoch}`
  throw new HistoryError('BROKEN_CHAIN', message)
}
