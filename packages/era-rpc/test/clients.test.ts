import { JsonRpcProvider, Network, WebSocketProvider } from 'ethers'
import { createPublicClient, http, type PublicClient, webSocket } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { RpcServer } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { checkEthers, checkViem } from './support/client-checks.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

describe.each([
  ['before the merge', false],
  ['after the merge', true],
])('real clients, blocks %s', (_, merged) => {
  let chain: MadeUpChain
  let server: RpcServer
  beforeAll(async () => {
    chain = await madeUpChain({ blocks: 24, merged })
    server = await RpcServer.listen(new Rpc(await MemoryHistory.of(await chain.archive()), { chainId: 1n }), {
      port: 0,
    })
  })
  afterAll(() => server.close())

  test.each([
    ['HTTP', () => http(server.url)],
    ['HTTP in batches', () => http(server.url, { batch: true })],
    ['WebSocket', () => webSocket(server.url.replace('http', 'ws'))],
  ])('viem over %s reads every block, transaction and receipt', async (_, transport) => {
    const client: PublicClient = createPublicClient({ transport: transport() })
    await checkViem(client, chain.blocks)
    expect(await client.getChainId()).toBe(1)
    await closeSocket(client)
  })

  test.each([
    ['HTTP', () => new JsonRpcProvider(server.url)],
    ['HTTP in batches', () => new JsonRpcProvider(server.url, Network.from(1), { staticNetwork: true })],
    ['WebSocket', () => new WebSocketProvider(server.url.replace('http', 'ws'))],
  ])('ethers over %s reads every block, transaction and receipt', async (_, open) => {
    const provider = open()
    try {
      await checkEthers(provider, chain.blocks)
      expect((await provider.getNetwork()).chainId).toBe(1n)
    } finally {
      await provider.destroy()
    }
  })
})

/** A WebSocket would be dialed again when the server ends. */
async function closeSocket({ transport }: PublicClient): Promise<void> {
  const { getRpcClient } = transport as { getRpcClient?(): Promise<{ close(): void }> }
  const client = await getRpcClient?.()
  client?.close()
}
