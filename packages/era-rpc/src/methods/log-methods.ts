import type { BlockLogs, LogFilter } from '@datastreamer/era-history'
import type { BlockRef } from '../params/block-ref.ts'
import { type LogQuery, logQuery } from '../params/log-query.ts'
import type { JsonText } from '../protocol/json-text.ts'
import { RpcCode, RpcError, UnknownBlockError } from '../protocol/rpc-error.ts'
import { hex } from '../text/hex.ts'
import { logText } from '../text/receipt-text.ts'
import { numberOf, pruned } from './find.ts'
import { JsonList } from './json-list.ts'
import { LogBudget } from './log-budget.ts'
import { type Call, type MethodTable, method } from './method.ts'
import { untilAborted } from './until-aborted.ts'

/** Search for logs. */
export const logMethods: MethodTable = {
  eth_getLogs: method([logQuery], async (call, query) => {
    const range = await rangeOf(call, query)
    checkHeld(call, range)
    const filter = { ...range, ...(query.addresses && { addresses: query.addresses }), topics: query.topics }
    return call.searches.pass(call, () => search(call, filter))
  }),
}

interface Range {
  readonly from: bigint
  readonly to: bigint
}

async function rangeOf(call: Call, { blocks }: LogQuery): Promise<Range> {
  if ('hash' in blocks) {
    const number = await call.history.numberOf(blocks.hash)
    if (number === undefined) throw new UnknownBlockError()
    return { from: number, to: number }
  }
  const from = await endOf(call, blocks.from)
  const to = await endOf(call, blocks.to)
  if (from > to) throw new RpcError(RpcCode.badParams, 'invalid block range params: fromBlock is after toBlock')
  if (call.history.find(to) === 'above') {
    throw new RpcError(RpcCode.badParams, 'block range extends beyond current head block')
  }
  return { from, to }
}

async function endOf(call: Call, ref: BlockRef): Promise<bigint> {
  const number = await numberOf(call, ref)
  if (number === undefined) throw new UnknownBlockError()
  return number
}

/** Part of the logs is no answer. */
function checkHeld(call: Call, { from, to }: Range): void {
  const { runs } = call.history
  if (!runs.some((run) => run.from <= from && to <= run.to)) {
    const inside = runs.find((run) => run.from <= from && from <= run.to)
    throw pruned(call, inside === undefined ? from : inside.to + 1n)
  }
  if (!call.history.holdsReceipts(from, to)) throw pruned(call, from)
}

async function search(call: Call, filter: LogFilter): Promise<JsonText> {
  const stop = new AbortController()
  const onAbort = (): void => stop.abort(call.signal.reason)
  if (call.signal.aborted) onAbort()
  call.signal.addEventListener('abort', onAbort)
  const budget = new LogBudget(filter, call.logLimits, (error) => stop.abort(error))
  try {
    const list = new JsonList()
    const options = { signal: stop.signal, onSearched: (number: bigint) => budget.searched(number) }
    for await (const found of untilAborted(call.history.logs(filter, options), stop.signal)) {
      for (const text of textsOf(found)) {
        list.add(text)
        budget.took(found.block.number, text.length + 1)
      }
      budget.searched(found.block.number)
      await call.turns.pass()
    }
    return list.end()
  } finally {
    call.signal.removeEventListener('abort', onAbort)
    budget.end()
  }
}

function* textsOf({ block, logs }: BlockLogs): Generator<string> {
  for (const { log, logIndex, transactionIndex, transactionHash } of logs) {
    yield logText(block, log, hex(transactionHash), transactionIndex, logIndex)
  }
}
