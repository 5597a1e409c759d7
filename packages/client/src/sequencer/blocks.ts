import { type Entry, type Header, u64Of } from '@datastreamer/format'
import type { BlockAssembler } from '@datastreamer/sequencer-entries'
import type { BlocksOptions } from '../iteration-options.ts'
import type { From } from '../position.ts'
import { follow } from '../resume/follow.ts'
import type { FollowContext, FollowOptions } from '../resume/follow-options.ts'
import type { Rewound } from '../resume/stream-event.ts'
import type { Trail } from '../resume/trail.ts'
import { type StreamBlock, withCheckpoint } from './block-checkpoint.ts'
import { loadSequencerEntries } from './entries-package.ts'
import { ForkIds } from './fork-ids.ts'
import { generationOf } from './generation.ts'
import { cursorFrom } from './locate-position.ts'

/** What happens to an iteration over blocks, in order. */
export type BlockEvent = { readonly kind: 'block'; readonly block: StreamBlock } | Rewound

export interface BlockReadOptions extends Omit<BlocksOptions, 'from' | 'after'> {
  readonly from?: From | undefined
  readonly trail?: Trail | undefined
}

/**
 * Put the L2 blocks of a stream together, over any number of connections.
 *
 * @throws as {@link follow}; `SequenceError`, `AssemblyLimitError` and `SequencerEntryError` of sequencer-entries
 */
export async function* readBlocks(
  context: FollowContext,
  options: BlockReadOptions,
  signal: AbortSignal,
): AsyncGenerator<BlockEvent, void, void> {
  const { from = 0n, trail, to, follow: goOn = true, verifyHead, generation } = options
  const lastBlock = to && u64Of(to.block, 'to')
  let header: Header | undefined
  let run: BlockRun | undefined
  const followed: FollowOptions = {
    from: () => cursorFrom(context, from, signal, generation),
    trail,
    to: undefined,
    follow: goOn,
    boundaries: false,
    verifyHead,
    headers: undefined,
    opening: () => run?.opening,
  }
  for await (const event of follow(context, followed, signal)) {
    if (event.kind === 'rewound') yield event
    else if (event.kind === 'connected' || event.kind === 'history') header = event.header
    else if (event.kind === 'entries' && header !== undefined) {
      if (run?.next !== event.entries[0]?.number) run = await BlockRun.begin(context, options, header, signal)
      for (const entry of event.entries) {
        const found = run?.push(entry)
        if (found === undefined) continue
        const block = await run?.complete(found)
        if (block === undefined) continue
        trail?.add(block.checkpoint)
        yield { kind: 'block', block }
        if (lastBlock !== undefined && block.number >= lastBlock) return
      }
    }
  }
  const last = run?.end()
  if (run !== undefined && last !== undefined) yield { kind: 'block', block: await run.complete(last) }
}

/** Puts blocks together from consecutive entries. */
class BlockRun {
  readonly #assembler: BlockAssembler
  readonly #forkIds: ForkIds
  readonly #opensBlock: (entry: Entry) => boolean
  #last: Entry | undefined
  #opening: Entry | undefined

  private constructor(assembler: BlockAssembler, forkIds: ForkIds, opensBlock: (entry: Entry) => boolean) {
    this.#assembler = assembler
    this.#forkIds = forkIds
    this.#opensBlock = opensBlock
  }

  static async begin(
    context: FollowContext,
    options: BlockReadOptions,
    header: Header,
    signal: AbortSignal,
  ): Promise<BlockRun> {
    const { BlockAssembler, entryKind } = await loadSequencerEntries()
    const generation = options.generation ?? (await generationOf(context, header, signal))
    const { maxTransactionsPerBlock, maxBytes } = options
    const assembler = new BlockAssembler({ generation, maxTransactionsPerBlock, maxBytes })
    const forkIds = new ForkIds(context, generation, signal)
    return new BlockRun(assembler, forkIds, ({ type }) => entryKind(type, generation) === 'l2Block')
  }

  /** Number of the entry that has to come next; `undefined` before the first. */
  get next(): bigint | undefined {
    return this.#last && this.#last.number + 1n
  }

  /** The entry that opened the newest block: it holds the hash that tells its history from another. */
  get opening(): Entry | undefined {
    return this.#opening
  }

  /** Take the next entry; gives the block that is complete with it, if one is. */
  push(entry: Entry): StreamBlock | undefined {
    const block = this.#assembler.push(entry)
    // A block that has no end is complete with the entry after it.
    const last = block?.lastEntryNumber === entry.number ? entry : this.#last
    const found = block && withCheckpoint(block, last, this.#opening)
    this.#last = entry
    if (this.#opensBlock(entry)) this.#opening = entry
    return found
  }

  /** The block that is open where the entries end, between two operations. */
  end(): StreamBlock | undefined {
    const block = this.#assembler.end()
    return block && withCheckpoint(block, this.#last, this.#opening)
  }

  /** The block with what stands outside the entries that were read. */
  complete(block: StreamBlock): Promise<StreamBlock> {
    return this.#forkIds.complete(block)
  }
}
