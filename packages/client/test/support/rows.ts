import type { BlockEvent, Checkpoint, StreamBlock } from '../../src/index.ts'
import type { Chain } from './chain.ts'

/** What the README says to do: a row for each block, and rows undone when history was rewritten. */
export class Rows {
  readonly #rows: { readonly entry: bigint; readonly block: StreamBlock }[] = []
  readonly rewound: (Checkpoint | undefined)[] = []

  get blocks(): StreamBlock[] {
    return this.#rows.map(({ block }) => block)
  }

  get checkpoints(): Checkpoint[] {
    return this.blocks.map(({ checkpoint }) => checkpoint)
  }

  take(event: BlockEvent): void {
    if (event.kind === 'block') {
      this.#rows.push({ entry: event.block.entryNumber, block: event.block })
      return
    }
    this.rewound.push(event.to)
    const kept = this.#rows.findIndex(({ entry }) => entry >= event.nextEntry)
    if (kept >= 0) this.#rows.length = kept
    if (this.#rows.at(-1)?.block.checkpoint !== event.to)
      throw new Error(`rewound to ${event.to}, which is not the last row`)
  }

  /** Read until the last block is the chain's newest. */
  async catchUp(events: AsyncIterator<BlockEvent>, chain: Chain): Promise<void> {
    const newest = chain.blocks.at(-1)
    for (;;) {
      const last = this.blocks.at(-1)
      const isSame = last?.number === (newest && BigInt(newest.number)) && last?.hash[0] === newest?.hash[0]
      if (isSame) return
      const { value } = await events.next()
      if (value !== undefined) this.take(value)
    }
  }
}
