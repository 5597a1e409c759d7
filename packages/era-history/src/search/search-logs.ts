import { defaultHashes, type Receipt } from '@datastreamer/e2store/execution'
import type { VerifiedBlock } from '../blocks/verified-block.ts'
import { HistoryError } from '../errors.ts'
import type { BlockLogs, LogFilter, SearchOptions } from '../history.ts'
import { matchesLog } from './match.ts'

/** Where a search gets candidates and blocks from. */
export interface SearchSource {
  /** The numbers of blocks from `from` to `to` that may have matching logs, in order; none that have is left out. */
  candidates(filter: LogFilter, signal: AbortSignal | undefined): AsyncIterable<Candidate>
  block(number: bigint): Promise<VerifiedBlock | undefined>
}

/** A block that may match, or how far was searched. */
export interface Candidate {
  readonly number: bigint
  readonly isMatch: boolean
}

/** Blocks that are read ahead. */
const READ_AHEAD = 8

/**
 * The logs that match a filter, block by block, in order. Candidates are read ahead, a few at a time, and compared exactly
 * with what their verified receipts hold.
 *
 * @throws {HistoryError} `NO_RECEIPTS`, `BLOCK_REJECTED`
 */
export async function* searchLogs(
  source: SearchSource,
  filter: LogFilter,
  { signal, onSearched }: SearchOptions,
): AsyncGenerator<BlockLogs, void, void> {
  const ahead: { readonly number: bigint; readonly found: Promise<BlockLogs | undefined> }[] = []
  const first = async function* (limit: number): AsyncGenerator<BlockLogs, void, void> {
    while (ahead.length > limit) {
      const next = ahead.shift()
      const found = await next?.found
      signal?.throwIfAborted()
      if (found !== undefined && found.logs.length > 0) yield found
      if (next !== undefined) onSearched?.(next.number)
    }
  }
  try {
    for await (const { number, isMatch } of source.candidates(filter, signal)) {
      signal?.throwIfAborted()
      const found = isMatch ? matching(source, number, filter) : Promise.resolve(undefined)
      // It is awaited in its turn.
      found.catch(() => {})
      ahead.push({ number, found })
      yield* first(READ_AHEAD)
    }
    yield* first(0)
  } finally {
    await Promise.allSettled(ahead.map(({ found }) => found))
  }
}

async function matching(source: SearchSource, number: bigint, filter: LogFilter): Promise<BlockLogs | undefined> {
  const block = await source.block(number)
  if (block === undefined) throw new HistoryError('NOT_HELD', `block ${number} is in no file that can be used`)
  const receipts = await block.storedReceipts()
  if (receipts === undefined) throw new HistoryError('NO_RECEIPTS', `receipts of block ${number} are in no file`)
  return { block, logs: matchingLogs(block, receipts, filter) }
}

function matchingLogs(block: VerifiedBlock, receipts: readonly Receipt[], filter: LogFilter): BlockLogs['logs'] {
  const found: BlockLogs['logs'][number][] = []
  let logIndex = 0
  for (const [transactionIndex, { logs }] of receipts.entries()) {
    let transactionHash: Uint8Array | undefined
    for (const log of logs) {
      if (matchesLog(log, filter)) {
        transactionHash ??= defaultHashes().keccak256(block.body.transactions[transactionIndex] as Uint8Array)
        found.push({ log, logIndex, transactionIndex, transactionHash })
      }
      logIndex++
    }
  }
  return found
}
