import { BOOKMARK_TYPE, type Entry, NotFoundError, TruncatedError } from '@datastreamer/format'
import type { FullL2Block, Generation } from '@datastreamer/sequencer-entries'
import { follow } from '../resume/follow.ts'
import type { FollowContext } from '../resume/follow-options.ts'
import { loadSequencerEntries } from './entries-package.ts'

/** Looks up the fork id of blocks whose batch began before the first entry that was read. */
export class ForkIds {
  readonly #context: FollowContext
  readonly #generation: Generation
  readonly #signal: AbortSignal
  #known: { readonly batchNumber: bigint; readonly forkId: bigint | undefined } | undefined

  constructor(context: FollowContext, generation: Generation, signal: AbortSignal) {
    this.#context = context
    this.#generation = generation
    this.#signal = signal
  }

  async complete<T extends FullL2Block>(block: T): Promise<T> {
    if (block.forkId !== undefined || this.#generation !== 'protobuf') return block
    const { batchNumber } = block
    if (this.#known?.batchNumber !== batchNumber) this.#known = { batchNumber, forkId: await this.#find(batchNumber) }
    return { ...block, forkId: this.#known.forkId }
  }

  async #find(batchNumber: bigint): Promise<bigint | undefined> {
    const { batchBookmark, decodeSequencerEntry } = await loadSequencerEntries()
    const entry = await this.#firstEventAfter(batchBookmark(batchNumber, this.#generation))
    const decoded = entry && decodeSequencerEntry(entry, this.#generation)
    return decoded?.kind === 'batchStart' && decoded.number === batchNumber ? decoded.forkId : undefined
  }

  /** Over lost connections; `undefined` also where the batch was truncated meanwhile, of which the stream itself knows. */
  async #firstEventAfter(bookmark: Uint8Array): Promise<Entry | undefined> {
    const options = { to: undefined, follow: false, boundaries: false, verifyHead: undefined, headers: undefined }
    const from = (): Promise<{ readonly bookmark: Uint8Array }> => Promise.resolve({ bookmark })
    try {
      // One entry that the server finds by its bookmark.
      const context = { ...this.#context, history: undefined }
      for await (const event of follow(context, { from, ...options }, this.#signal)) {
        const found = event.kind === 'entries' && event.entries.find(({ type }) => type !== BOOKMARK_TYPE)
        if (found) return found
      }
    } catch (error) {
      if (!(error instanceof NotFoundError || error instanceof TruncatedError)) throw error
    }
    return undefined
  }
}
