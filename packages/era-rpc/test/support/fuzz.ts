import fc from 'fast-check'
import { expect } from 'vitest'
import { Rpc } from '../../src/index.ts'
import { METHODS } from '../../src/methods/all-methods.ts'
import { RpcServer } from '../../src/node.ts'
import { MemoryHistory } from './archive-history.ts'
import { madeUpChain } from './made-up-chain.ts'

export interface FuzzResult {
  readonly answered: number
  /** Of the answers with an error. */
  readonly malformed: number
  readonly codes: ReadonlySet<number>
}

/** Ask a server of a made-up chain over HTTP for much that is right, and much that is not. */
export async function fuzz({
  requests,
  seed,
}: {
  readonly requests: number
  readonly seed: number
}): Promise<FuzzResult> {
  const { blocks, archive } = await madeUpChain({ blocks: 30 })
  const faults: unknown[] = []
  const rpc = new Rpc(await MemoryHistory.of(await archive()), {
    chainId: 1n,
    onCall: ({ fault }) => fault !== undefined && faults.push(fault),
  })
  await using server = await RpcServer.listen(rpc, { port: 0, onFault: (fault) => faults.push(fault) })
  const codes = new Set<number>()
  let [answered, malformed] = [0, 0]
  const property = fc.asyncProperty(messages(blocks), async (message) => {
    const response = await fetch(server.url, {
      method: 'POST',
      body: message,
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(200)
    const text = await response.text()
    answered++
    if (text === '') return
    const answers: unknown = JSON.parse(text)
    for (const answer of Array.isArray(answers) ? answers : [answers]) malformed += checkAnswer(answer, codes)
  })
  await fc.assert(property, { numRuns: requests, seed, endOnFailure: true })
  expect(faults).toEqual([])
  return { answered, malformed, codes }
}

/** 1 if it is an error, 0 if it is a result. */
function checkAnswer(answer: unknown, codes: Set<number>): number {
  expect(answer).toMatchObject({ jsonrpc: '2.0' })
  const { id, result, error, ...others } = answer as Record<string, unknown>
  expect(Object.keys(others)).toEqual(['jsonrpc'])
  expect(id === null || typeof id === 'string' || typeof id === 'number').toBe(true)
  expect((result === undefined) !== (error === undefined)).toBe(true)
  if (error === undefined) return 0
  const { code, message } = error as { readonly code: number; readonly message: string }
  expect(typeof message).toBe('string')
  expect([-32700, -32600, -32601, -32602, -32000, -32003, 4444]).toContain(code)
  codes.add(code)
  return 1
}

function messages(blocks: readonly { readonly number: bigint; readonly hash: string }[]): fc.Arbitrary<string> {
  const quantity = (value: bigint): string => `0x${value.toString(16)}`
  const numbers = fc.constantFrom('0x0', '0x5', ...blocks.map(({ number }) => quantity(number)))
  const hashes = fc.constantFrom(...blocks.map(({ hash }) => hash), `0x${'00'.repeat(32)}`)
  const tags = fc.constantFrom('latest', 'earliest', 'safe', 'finalized', 'pending')
  const odd = fc.constantFrom(
    '',
    '0x',
    '0x00',
    '0X1',
    '1',
    '0x1g',
    '0xffffffffffffffff',
    '0x10000000000000000',
    -1,
    1.5,
  )
  const anything = fc.oneof(odd, fc.jsonValue({ maxDepth: 2 }))
  const rightQuery = fc.record(
    {
      ...{ fromBlock: fc.oneof(numbers, tags), toBlock: fc.oneof(numbers, tags), address: fc.constant([]) },
      topics: fc.array(fc.oneof(fc.constant(null), hashes), { maxLength: 5 }),
    },
    { requiredKeys: [] },
  )
  const oddQuery = fc.record(
    { fromBlock: anything, toBlock: anything, blockHash: anything, address: anything, topics: fc.array(anything) },
    { requiredKeys: [] },
  )
  const right = fc.oneof(numbers, hashes, tags, fc.boolean(), fc.constant('0x0'), rightQuery)
  const params = fc.oneof(
    fc.tuple(fc.oneof(numbers, hashes), fc.boolean()),
    fc.tuple(fc.oneof(numbers, hashes, rightQuery)),
    fc.array(fc.oneof(right, anything, oddQuery), { maxLength: 4 }),
    anything,
  )
  const method = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...METHODS.keys()) },
    { weight: 1, arbitrary: fc.constantFrom('eth_call', 'toString', '__proto__', '') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
  const id = fc.oneof(fc.nat(), fc.string(), fc.constantFrom(null, 0.5, 1e300, -1))
  const request = fc.record(
    { jsonrpc: fc.constant('2.0'), id, method, params },
    { requiredKeys: ['jsonrpc', 'id', 'method'] },
  )
  const wrong = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      id: fc.oneof(id, fc.jsonValue()),
      method: anything,
      params,
      more: anything,
    },
    { requiredKeys: [] },
  )
  const single = fc.oneof(
    { weight: 6, arbitrary: request },
    { weight: 1, arbitrary: wrong },
    { weight: 1, arbitrary: anything },
  )
  const json = fc
    .oneof({ weight: 5, arbitrary: single }, { weight: 1, arbitrary: fc.array(single, { maxLength: 8 }) })
    .map((value) => JSON.stringify(value))
  // Anything but what JSON allows: parts of it, single characters that are others.
  const broken = fc.tuple(json, fc.nat(), fc.string({ maxLength: 3 })).map(([text, at, more]) => {
    const end = at % (text.length + 1)
    return text.slice(0, end) + more + text.slice(end + more.length)
  })
  return fc.oneof(
    { weight: 6, arbitrary: json },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.string() },
  )
}
