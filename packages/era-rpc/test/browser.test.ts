import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

type EraRpc = typeof import('../src/index.ts')

/** Answers a batch from a history without blocks, where there are timers alone. */
const probe = async ({ Rpc, chainIdOf }: EraRpc) => {
  const history = {
    ...{ head: undefined, earliest: undefined, network: 'mainnet', runs: [] },
    ...{ find: () => 'absent' as const, holdsReceipts: () => false },
    ...{ block: async () => undefined, numberOf: async () => undefined, transactionAt: async () => undefined },
    async *logs() {},
    async [Symbol.asyncDispose ?? 'dispose']() {},
  }
  const rpc = new Rpc(history as never, { chainId: chainIdOf('sepolia') ?? 0n })
  const answer = await rpc.answer(
    `[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},
      {"jsonrpc":"2.0","id":2,"method":"eth_getBlockByNumber","params":["0x1",false]}]`,
  )
  let text = ''
  for await (const part of answer ?? []) text += String(part)
  return text
}
const expected = [
  '{"jsonrpc":"2.0","id":1,"result":"0xaa36a7"}',
  '{"jsonrpc":"2.0","id":2,"error":{"code":4444,"message":"Pruned history unavailable","data":{"requested":"0x1"}}}',
]

const bundle = await bundleForBrowser(resolve(import.meta.dirname, '../src/index.ts'))

test('the bundle has nothing of Node', () => {
  expect(bundle).not.toMatch(/['"]node:|\brequire\(/)
})

test('answers where there are only timers', async () => {
  const globals = { setTimeout, clearTimeout, performance, AbortController }
  expect(await runInBareContext(bundle, probe, globals)).toBe(`[${expected.join(',')}]`)
})

describe.skipIf(!hasChromium())('in Chromium', () => {
  test('answers in a worker', async () => {
    await using browser = await openChromium()
    expect(await browser.runInWorker(bundle, probe)).toBe(`[${expected.join(',')}]`)
  })
})
