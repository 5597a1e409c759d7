import { E2StoreError } from '@datastreamer/e2store'
import type { HistoryCode } from '@datastreamer/era-history'
import { NULL } from '../methods/method.ts'
import type { JsonText } from '../protocol/json-text.ts'
import { RpcCode, RpcError, UnknownBlockError } from '../protocol/rpc-error.ts'

/** Methods that answer null for a hash that is not known. */
const BY_HASH: ReadonlySet<string> = new Set([
  'eth_getBlockByHash',
  'eth_getHeaderByHash',
  'eth_getBlockReceipts',
  'eth_getBlockTransactionCountByHash',
  'eth_getUncleCountByBlockHash',
  'eth_getUncleByBlockHashAndIndex',
  'eth_getTransactionByHash',
  'eth_getTransactionReceipt',
  'eth_getTransactionByBlockHashAndIndex',
  'debug_getRawTransaction',
])

const NO_INDEX: HistoryCode = 'NO_INDEX'

/** Whether the files do not have what was asked for, or cannot be searched for it, so that another server may. */
export function isAbsent(method: string, outcome: JsonText | RpcError): boolean {
  if (outcome instanceof RpcError) {
    const { code, cause } = outcome
    const isUnsearched = cause instanceof E2StoreError && cause.code === NO_INDEX
    return code === RpcCode.pruned || outcome instanceof UnknownBlockError || isUnsearched
  }
  return outcome === NULL && BY_HASH.has(method)
}

/** Of errors of a history, which is not imported: it takes what only Node has. */
const NOT_THERE: ReadonlySet<string> = new Set<HistoryCode>(['BLOCK_REJECTED', 'UNTRUSTED', 'NOT_HELD', 'NO_RECEIPTS'])

/** What is answered when a method fails, and what failed if it was no fault of the one who called. */
export function asRpcError(error: unknown): { readonly answered: RpcError; readonly fault?: unknown } {
  if (error instanceof RpcError) return { answered: error }
  // What a file holds but not as it must be is as good as not held.
  if (error instanceof E2StoreError && NOT_THERE.has(error.code)) {
    const answered = new RpcError(RpcCode.pruned, 'Pruned history unavailable', { cause: error })
    return { answered, fault: error }
  }
  if (!(error instanceof E2StoreError)) {
    return { answered: new RpcError(RpcCode.internal, 'internal error', { cause: error }), fault: error }
  }
  // Clients ask again after an internal error, which is of no use if the file is damaged.
  const code = error.retryable ? RpcCode.internal : RpcCode.failed
  return { answered: new RpcError(code, `cannot be read: ${error.code}`, { cause: error }), fault: error }
}
