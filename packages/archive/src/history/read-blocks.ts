import { decodeEntries, type Signal, type U64, u64Of } from '@datastreamer/format'
import type { BlockLimits, FullL2Block, Generation } from '@datastreamer/sequencer-entries'
import { BlockRun } from './block-run.ts'
import { type BlocksFrom, blockStart } from './block-start.ts'
import { bookmarkFinder, type RunInput, readRuns } from './read-runs.ts'

/** What `blocks` takes. */
export interface HistoryBlocksOptions extends BlockLimits {
  /** Where to begin (default 0, the first entry). A block that begins before it is not given. */
  readonly from?: BlocksFrom | undefined
  /** Last block, included (default: none). */
  readonly to?: { readonly block: U64 } | undefined
  /** Ends the reading; its reason is thrown. */
  readonly signal?: Signal | undefined
}

/** The L2 blocks, in order, once. Throws as {@link readRuns}, and as `BlockAssembler`. */
export async function* readBlocks(
  input: RunInput,
  { from = 0n, to, signal, ...limits }: HistoryBlocksOptions,
): AsyncGenerator<FullL2Block, void, void> {
  const lastBlock = to && u64Of(to.block, 'to')
  const snapshot = input.snapshot()
  const { entry, isWanted } = await blockStart(
    { snapshot, records: input.records, signal },
    from,
    bookmarkFinder(input, snapshot),
  )
  let open: { readonly blocks: BlockRun; readonly generation: Generation } | undefined
  for await (const run of readRuns(input, { from: entry, signal })) {
    const { encoding: generation } = run
    const found: (FullL2Block | undefined)[] = []
    if (open !== undefined && open.generation !== generation) {
      found.push(open.blocks.end())
      open = undefined
    }
    if (generation === undefined) continue
    open ??= { blocks: new BlockRun(run, generation, limits), generation }
    for (const each of decodeEntries(run.bytes)) found.push(open.blocks.push(each))
    if (run.boundaries.at(-1) === run.count) found.push(open.blocks.end())
    for (const block of found) {
      if (block === undefined) continue
      if (lastBlock !== undefined && block.number > lastBlock) return
      if (isWanted(block)) yield block
      if (block.number === lastBlock) return
    }
  }
  const block = open?.blocks.end()
  if (block !== undefined && isWanted(block)) yield block
}
