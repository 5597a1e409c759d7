import { BOOKMARK_TYPE } from '@datastreamer/format'
import { type Clock, sleep } from '@datastreamer/runtime'
import { decodeSequencerEntry, generateStream, type Operation } from '@datastreamer/sequencer-entries'
import { changedNothing, RefusedError, type StreamReader, type StreamStore } from '@datastreamer/store'

/** System id and chain id of a demo stream. */
export const DEMO_CHAIN_ID = 1101n

/** More entries than one made-up block has. */
const MAX_ENTRIES_OF_BLOCK = 64n

export interface DemoOptions {
  readonly store: StreamStore
  /** Milliseconds between two blocks. */
  readonly blockTimeMs: number
  readonly clock: Clock
  /** Called once, when it cannot go on. */
  readonly onError: (error: unknown) => void
}

/** A sequencer that makes its blocks up, each committed as one atomic operation. */
export class DemoSequencer {
  readonly #options: DemoOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #nextBlock: bigint

  private constructor(options: DemoOptions, nextBlock: bigint) {
    this.#options = options
    this.#nextBlock = nextBlock
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) options.onError(error)
    })
  }

  /**
   * Start where the file ends.
   *
   * @throws {RefusedError} `STREAM_DIFFERS` if a file that is not empty does not end with a block of a demo
   */
  static async start(options: DemoOptions): Promise<DemoSequencer> {
    return new DemoSequencer(options, await nextBlock(options.store))
  }

  /** Number of the block that comes next. */
  get nextBlock(): bigint {
    return this.#nextBlock
  }

  /** Stop after the block that is being written. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { store, blockTimeMs, clock } = this.#options
    const chainId = chainIdOf(store)
    let due = clock.now()
    for (const operation of generateStream({ firstBlock: this.#nextBlock, chainId })) {
      if (this.#stop.signal.aborted) return
      await this.#commit(operation)
      this.#nextBlock++
      const now = clock.now()
      due = Math.max(due + blockTimeMs, now)
      await sleep(clock, due - now, { signal: this.#stop.signal })
    }
  }

  /** Commit a block; a disk that failed without harm is asked again. */
  async #commit(operation: Operation): Promise<void> {
    const { store, blockTimeMs, clock } = this.#options
    for (;;) {
      try {
        await commitOperation(store, operation)
        return
      } catch (error) {
        if (!changedNothing(error)) throw error
        await sleep(clock, Math.max(blockTimeMs, 1000), { signal: this.#stop.signal })
      }
    }
  }
}

async function commitOperation(store: StreamStore, operation: Operation): Promise<void> {
  store.startAtomicOp()
  for (const { type, data } of operation) {
    if (type === BOOKMARK_TYPE) store.addStreamBookmark(data)
    else store.addStreamEntry(type, data)
  }
  await store.commitAtomicOp()
}

/** The number after the last block of the file, which must be the one that a demo would have written. */
async function nextBlock(stream: StreamReader): Promise<bigint> {
  const { totalEntries } = stream.getHeader()
  if (totalEntries === 0n) return 0n
  const last = await lastBlock(stream, totalEntries)
  const [expected = []] =
    last === undefined ? [] : generateStream({ firstBlock: last, blocks: 1n, chainId: chainIdOf(stream) })
  if (last !== undefined && (await endsWith(stream, totalEntries, expected))) return last + 1n
  const message = `${stream.log.path} does not end with a block of a demo, so a demo cannot go on there: name another file`
  throw new RefusedError('STREAM_DIFFERS', message)
}

async function lastBlock(stream: StreamReader, totalEntries: bigint): Promise<bigint | undefined> {
  for (let back = 1n; back <= MAX_ENTRIES_OF_BLOCK && back <= totalEntries; back++) {
    const entry = await stream.getEntry(totalEntries - back)
    if (entry === undefined) return undefined
    const decoded = decodeSequencerEntry(entry, 'protobuf')
    if (decoded.kind === 'l2Block') return decoded.number
  }
  return undefined
}

async function endsWith(stream: StreamReader, totalEntries: bigint, operation: Operation): Promise<boolean> {
  let number = totalEntries - BigInt(operation.length)
  if (operation.length === 0 || number < 0n) return false
  for (const { type, data } of operation) {
    const entry = await stream.getEntry(number++)
    if (entry === undefined || entry.type !== type || Buffer.compare(entry.data, data) !== 0) return false
  }
  return true
}

function chainIdOf(stream: StreamReader): bigint {
  return stream.getHeader().systemId
}
