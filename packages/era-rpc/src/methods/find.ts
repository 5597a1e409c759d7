import { EMPTY_TRIE_ROOT } from '@datastreamer/e2store/execution'
import type { HistoryBlock, TransactionReceipt } from '@datastreamer/era-history'
import type { BlockRef } from '../params/block-ref.ts'
import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import { hex, quantity } from '../text/hex.ts'
import type { Call } from './method.ts'

const NO_RECEIPTS = hex(EMPTY_TRIE_ROOT)

/** History that was pruned, or was never there. @param requested the block that was asked for */
export function pruned({ history: { earliest } }: Pick<Call, 'history'>, requested: bigint): RpcError {
  const data = {
    requested: quantity(requested),
    ...(earliest !== undefined && { earliest: quantity(earliest) }),
  }
  return new RpcError(RpcCode.pruned, 'Pruned history unavailable', { data })
}

/** The number that a reference means; `undefined` if there is no such block. */
export async function numberOf({ history }: Pick<Call, 'history'>, ref: BlockRef): Promise<bigint | undefined> {
  switch (ref.by) {
    case 'number':
      return ref.number
    case 'hash':
      return history.numberOf(ref.hash)
    case 'head':
      return history.head?.number
    case 'earliest':
      return history.earliest
    case 'pending':
      return undefined
  }
}

/**
 * The block that a reference means; `undefined` if it is above all that is held, or unknown.
 *
 * @throws {RpcError} `pruned`
 */
export async function findBlock(call: Pick<Call, 'history'>, ref: BlockRef): Promise<HistoryBlock | undefined> {
  const number = ref.by === 'number' ? ref.number : await numberOf(call, ref)
  if (number === undefined) return undefined
  const whereabouts = call.history.find(number)
  if (whereabouts === 'above') return undefined
  const block = whereabouts === 'held' ? await call.history.block(number) : undefined
  if (block === undefined) throw pruned(call, number)
  return block
}

/** The receipts of a block. @throws {RpcError} `pruned` */
export async function receiptsOf(
  call: Pick<Call, 'history'>,
  block: HistoryBlock,
): Promise<readonly TransactionReceipt[]> {
  // Files without receipts have those of such blocks all the same.
  if (block.body.transactions.length === 0 && hex(block.header.receiptsRoot) === NO_RECEIPTS) return []
  const receipts = await block.receipts()
  if (receipts === undefined) throw pruned(call, block.number)
  return receipts
}
