import { defaultHashes, encodeBody, encodeReceipt } from '@datastreamer/e2store/execution'
import type { HistoryBlock } from '@datastreamer/era-history'
import { anyBlock, type BlockRef } from '../params/block-ref.ts'
import { hash } from '../params/values.ts'
import { UnknownBlockError } from '../protocol/rpc-error.ts'
import { hex } from '../text/hex.ts'
import { findBlock, receiptsOf } from './find.ts'
import { type Call, type MethodTable, method, NULL } from './method.ts'
import { findTransaction } from './transaction-methods.ts'

/** Encoded blocks, receipts and transactions, as consensus hashes them. */
export const rawMethods: MethodTable = {
  debug_getRawHeader: method([anyBlock], async (call, ref) => `"${hex((await knownBlock(call, ref)).headerRlp)}"`),
  debug_getRawBlock: method([anyBlock], async (call, ref) => `"${rawBlock(await knownBlock(call, ref))}"`),
  debug_getRawReceipts: method([anyBlock], async (call, ref) => {
    const receipts = await receiptsOf(call, await knownBlock(call, ref))
    return JSON.stringify(receipts.map((receipt) => hex(encodeReceipt(receipt, defaultHashes()))))
  }),
  debug_getRawTransaction: method([hash], async (call, hash) => {
    const found = await findTransaction(call, hash)
    const raw = found?.block.body.transactions[found.index]
    return raw === undefined ? NULL : `"${hex(raw)}"`
  }),
}

async function knownBlock(call: Call, ref: BlockRef): Promise<HistoryBlock> {
  const block = await findBlock(call, ref)
  if (block === undefined) throw new UnknownBlockError()
  return block
}

/** Hex of the RLP of a block: the items of its body after its header. */
function rawBlock({ headerRlp, body }: HistoryBlock): string {
  const bodyRlp = encodeBody(body)
  const items = bodyRlp.subarray(listTagBytes(bodyRlp))
  const length = headerRlp.length + items.length
  return `${hex(listTag(length))}${hex(headerRlp).slice(2)}${hex(items).slice(2)}`
}

const LONG_LIST = 0xf7
const MAX_SHORT = 55

function listTagBytes([tag = 0]: Uint8Array): number {
  return tag > LONG_LIST ? 1 + tag - LONG_LIST : 1
}

function listTag(length: number): Uint8Array {
  if (length <= MAX_SHORT) return Uint8Array.of(LONG_LIST - MAX_SHORT + length)
  const digits: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Uint8Array.of(LONG_LIST + digits.length, ...digits)
}
