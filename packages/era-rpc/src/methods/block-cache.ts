import type { History, HistoryBlock } from '@datastreamer/era-history'

const MAX_BLOCKS = 64
/** Of the blocks' RLP; decoded they take a few times as many. */
const MAX_BYTES = 8 * 1024 * 1024

type Block = Promise<HistoryBlock | undefined>

/** Reads each block once for those who ask for it at about the same time, and keeps the last few. */
export class BlockCache {
  readonly #history: Pick<History, 'block'>
  /** Those used last come last. */
  readonly #blocks = new Map<bigint, { readonly block: Block; bytes: number }>()
  #bytes = 0

  constructor(history: Pick<History, 'block'>) {
    this.#history = history
  }

  block(number: bigint): Block {
    const known = this.#blocks.get(number)
    if (known !== undefined) {
      this.#blocks.delete(number)
      this.#blocks.set(number, known)
      return known.block
    }
    const entry = { block: this.#history.block(number), bytes: 0 }
    this.#blocks.set(number, entry)
    entry.block.then(
      (block) => {
        if (block === undefined) this.#forget(number, entry)
        else if (this.#blocks.get(number) === entry) {
          entry.bytes = block.size
          this.#bytes += block.size
        }
        this.#shrink()
      },
      () => this.#forget(number, entry),
    )
    return entry.block
  }

  #forget(number: bigint, entry: { readonly bytes: number }): void {
    if (this.#blocks.get(number) !== entry) return
    this.#blocks.delete(number)
    this.#bytes -= entry.bytes
  }

  #shrink(): void {
    for (const [number, entry] of this.#blocks) {
      if (this.#blocks.size <= MAX_BLOCKS && this.#bytes <= MAX_BYTES) return
      this.#forget(number, entry)
    }
  }
}
