import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import { hex, quantity } from '../text/hex.ts'
import { type Call, type MethodTable, method } from './method.ts'

/** What the chain and the server are. */
export const chainMethods: MethodTable = {
  eth_chainId: method([], (call) => `"${quantity(chainIdOf(call))}"`),
  net_version: method([], (call) => `"${chainIdOf(call)}"`),
  net_listening: method([], () => 'true'),
  web3_clientVersion: method([], ({ clientVersion }) => JSON.stringify(clientVersion)),
  eth_syncing: method([], () => 'false'),
  eth_blockNumber: method([], (call) => `"${quantity(headOf(call).number)}"`),
  eth_capabilities: method([], (call) => JSON.stringify(capabilitiesOf(call))),
  eth_subscribe: noSubscriptions,
  eth_unsubscribe: noSubscriptions,
}

function noSubscriptions(): never {
  throw new RpcError(RpcCode.noMethod, 'notifications not supported')
}

function chainIdOf({ chainId }: Pick<Call, 'chainId'>): bigint {
  if (chainId === undefined) throw new RpcError(RpcCode.failed, 'the chain id is not known')
  return chainId
}

function headOf({ history }: Pick<Call, 'history'>): { readonly number: bigint; readonly hash: Uint8Array } {
  if (history.head === undefined) throw new RpcError(RpcCode.failed, 'no blocks are held')
  return history.head
}

/** What is held without gaps up to the head: what routers go by. */
function capabilitiesOf(call: Call): object {
  const { number, hash } = headOf(call)
  const { history } = call
  const { from } = history.runs.find((run) => run.to === number) ?? { from: number }
  const none = { disabled: true }
  const blocks = { disabled: false, oldestBlock: quantity(from) }
  const receiptsFrom = oldestReceipts(call, from, number)
  const receipts = receiptsFrom === undefined ? none : { disabled: false, oldestBlock: quantity(receiptsFrom) }
  return {
    head: { number: quantity(number), hash: hex(hash) },
    state: none,
    tx: blocks,
    logs: receipts,
    receipts,
    blocks,
    stateproofs: none,
  }
}

/** The first block from which on receipts of all blocks up to the head are held. */
function oldestReceipts({ history }: Call, from: bigint, head: bigint): bigint | undefined {
  if (!history.holdsReceipts(head)) return undefined
  let [low, high] = [from, head]
  while (low < high) {
    const middle = (low + high) / 2n
    if (history.holdsReceipts(middle, head)) high = middle
    else low = middle + 1n
  }
  return high
}
