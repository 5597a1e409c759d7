import { entryKind } from './codec.ts'
import type { Generation } from './generation.ts'

/**
 * Finds where operations may end in a sequencer stream that does not say so: around L2 blocks and batches. Looks at
 * types only, never at data.
 *
 * @see docs/spec/sequencer-entries.md §9
 */
export class OperationBoundaries {
  readonly #generation: Generation
  #inBlock = false

  constructor(generation: Generation) {
    this.#generation = generation
  }

  /**
   * Take the next entry. `after`: a block or batch ends with it, so all up to and with it may be committed. `before`: a
   * block that has no end entry ended in front of it, so all up to, but not with it, may be committed.
   */
  push({ type }: { readonly type: number }): 'before' | 'after' | undefined {
    const kind = entryKind(type, this.#generation)
    switch (kind) {
      case 'transaction':
      case 'unknown':
        return undefined
      case 'l2BlockEnd':
      case 'batchEnd':
        this.#inBlock = false
        return 'after'
      case 'updateGer':
        // In protobuf it stands inside a batch, whose end follows; before, it is an operation of its own.
        if (this.#generation !== 'protobuf') {
          this.#inBlock = false
          return 'after'
        }
        return this.#leaveBlock(false)
      default:
        return this.#leaveBlock(kind === 'l2Block')
    }
  }

  #leaveBlock(intoBlock: boolean): 'before' | undefined {
    const ended = this.#inBlock
    this.#inBlock = intoBlock
    return ended ? 'before' : undefined
  }
}
