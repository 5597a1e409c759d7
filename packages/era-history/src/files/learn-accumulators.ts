import { accumulatorsRoot } from '@datastreamer/e2store/trusted'
import { equalBytes } from '../trust/bytes.ts'
import { ERA_LENGTH } from '../trust/era.ts'
import type { AccumulatorList } from '../trust/trust.ts'
import type { FileSet } from './file-set.ts'
import { inParallel } from './parallel.ts'

const PARALLEL = 8
const ROOT_BYTES = 32

/**
 * The accumulators that the files before the merge state, joined, if they have the root that is known of the whole list:
 * then each of them is as trusted as that root. Opens all those files.
 */
export async function learnAccumulators(
  { catalog, pool }: FileSet,
  { count, root }: AccumulatorList,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const eras = Array.from({ length: count }, (_, era) => era)
  const fileOf = (era: number) => catalog.holding(BigInt(era) * ERA_LENGTH).find(({ parsed }) => parsed.kind !== 'e2hs')
  if (eras.some((era) => fileOf(era) === undefined)) return undefined
  const joined = new Uint8Array(count * ROOT_BYTES)
  let missing = 0
  await inParallel(eras, PARALLEL, async (era) => {
    signal?.throwIfAborted()
    const file = fileOf(era)
    const stated = file && (await pool.use(file, async ({ archive }) => archive.accumulator).catch(() => undefined))
    if (stated === undefined) missing++
    else joined.set(stated, era * ROOT_BYTES)
  })
  return missing === 0 && equalBytes(accumulatorsRoot(joined), root) ? joined : undefined
}
