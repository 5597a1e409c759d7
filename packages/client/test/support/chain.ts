import { BOOKMARK_TYPE } from '@datastreamer/format'
import {
  BatchType,
  BookmarkType,
  blockBookmark,
  encodeSequencerEntry,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'
import { onServerEvent, StreamServer } from '@datastreamer/server'
import { openStore, type StreamStore } from '@datastreamer/store'
import { MemoryIndex } from '@datastreamer/store/log'

/** Blocks in a batch. */
const BATCH = 4

/** A block as the chain has it now. */
export interface ChainBlock {
  readonly number: number
  /** The history that it was made in. */
  readonly history: number
  readonly hash: Uint8Array
}

/**
 * A sequencer, its stream and a server. Blocks of the same number have the same shape in every history: entries of the
 * same types and lengths, ends of the same bytes. Only what is in the block tells them apart.
 */
export class Chain implements AsyncDisposable {
  readonly store: StreamStore
  readonly blocks: ChainBlock[] = []
  #server: StreamServer | undefined
  #history = 0

  private constructor(store: StreamStore) {
    this.store = store
  }

  static async start(file: string, port = 0): Promise<Chain> {
    const index = new MemoryIndex()
    const chain = new Chain(await openStore({ file, index, fsync: 'never', systemId: 779n, version: 2 }))
    await chain.listen(port)
    return chain
  }

  get port(): number {
    const { address } = this.#server ?? {}
    if (address === undefined) throw new Error('not listening')
    return address.port
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async listen(port = 0): Promise<void> {
    this.#server = new StreamServer({ store: this.store })
    await this.#server.listen({ port, host: '127.0.0.1' })
  }

  /** Resolves when the next client begins to stream. */
  streaming(): Promise<void> {
    const server = this.#server
    if (server === undefined) throw new Error('not listening')
    return new Promise((resolve) => {
      const unlisten = onServerEvent(server, ({ type }) => {
        if (type !== 'streaming') return
        unlisten()
        resolve()
      })
    })
  }

  /** Take the server away, and all connections. */
  async unlisten(): Promise<void> {
    await this.#server?.close({ graceMs: 0 })
  }

  /** Commit more blocks, each as one operation. */
  async append(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#commit()
  }

  /** Remove block `number` and all after it, and commit others in their place. */
  async rewrite(number: number, count: number): Promise<void> {
    const entry = await this.store.getBookmark(blockBookmark(BigInt(number)))
    if (entry === undefined) throw new Error(`no block ${number}`)
    // A batch that begins with the block goes with it.
    await this.store.truncateFile(number % BATCH === 0 ? entry - 2n : entry)
    this.blocks.length = number
    this.#history++
    await this.append(count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.unlisten()
    await this.store.close()
  }

  async #commit(): Promise<void> {
    const number = this.blocks.length
    const hash = new Uint8Array(32).fill(this.#history + 1)
    this.store.startAtomicOp()
    for (const init of entriesOf(number, hash)) {
      const { type, data } = encodeSequencerEntry(init, 'protobuf')
      if (type === BOOKMARK_TYPE) this.store.addStreamBookmark(data)
      else this.store.addStreamEntry(type, data)
    }
    await this.store.commitAtomicOp()
    this.blocks.push({ number, history: this.#history, hash })
  }
}

function* entriesOf(number: number, hash: Uint8Array): Generator<SequencerEntryInit, void, void> {
  const batch = BigInt(Math.floor(number / BATCH))
  const l2blockNumber = BigInt(number)
  if (number % BATCH === 0) {
    yield { kind: 'bookmark', type: BookmarkType.BATCH, value: batch }
    yield { kind: 'batchStart', number: batch, type: BatchType.REGULAR, forkId: 9n, chainId: 1101n }
  }
  yield { kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: l2blockNumber }
  yield { kind: 'l2Block', number: l2blockNumber, batchNumber: batch, timestamp: 1n, hash, stateRoot: hash }
  for (let index = 0; index < number % 3; index++) {
    yield { kind: 'transaction', l2blockNumber, index: BigInt(index), isValid: true, encoded: Uint8Array.of(index) }
  }
  yield { kind: 'l2BlockEnd', number: l2blockNumber }
  if (number % BATCH === BATCH - 1) yield { kind: 'batchEnd', number: batch }
}
