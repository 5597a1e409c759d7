import { writeFileSync } from 'node:fs'
import { type Location, s3Location } from '@datastreamer/e2store/location'
import { openLocation } from '@datastreamer/e2store/node'
import { openHistory } from '@datastreamer/era-history'
import { hasNginx, S3_KEYS, startNginx, startS3, tempDir } from '@datastreamer/fixtures'
import { createPublicClient, http } from 'viem'
import { beforeAll, expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { RpcServer } from '../src/node.ts'
import { MemoryHistory } from './support/archive-history.ts'
import { call } from './support/ask.ts'
import { callsFor } from './support/calls.ts'
import { checkViem } from './support/client-checks.ts'
import { type MadeUpChain, madeUpChain } from './support/made-up-chain.ts'

let chains: readonly MadeUpChain[]
beforeAll(async () => {
  const [early, late] = [
    await madeUpChain({ blocks: 12, start: 8192n }),
    await madeUpChain({ blocks: 12, start: 40_960n, merged: true }),
  ]
  chains = [early, late]
})

/** Answers from a location are those of the plainest history over the same blocks, also as viem reads them. */
async function checkAnswers(location: Location): Promise<void> {
  await using history = await openHistory([location], { threads: 1 })
  const rpc = new Rpc(history, { chainId: 1n })
  const plain = new Rpc(await MemoryHistory.of(...(await Promise.all(chains.map(({ archive }) => archive())))), {
    chainId: 1n,
  })
  const calls = chains.flatMap(({ blocks }) => blocks).flatMap(callsFor)
  const answers = await Promise.all(calls.map(([method, ...params]) => call(rpc, method, ...params)))
  for (const [at, [method, ...params]] of calls.entries()) {
    expect(answers[at], `${method} ${JSON.stringify(params)}`).toEqual(await call(plain, method, ...params))
  }
  expect(calls.length).toBeGreaterThan(400)
  await using server = await RpcServer.listen(rpc, { port: 0 })
  const last = chains.at(-1)
  if (last !== undefined) await checkViem(createPublicClient({ transport: http(server.url) }), last.blocks)
}

test.skipIf(!hasNginx())('files of a web server are served', async () => {
  using dir = tempDir()
  for (const { name, bytes } of chains) writeFileSync(dir.join(name), bytes)
  await using nginx = await startNginx(dir.path, 'autoindex on;')
  await using location = await openLocation(nginx.url)
  await checkAnswers(location)
})

test('files of a bucket are served', async () => {
  await using bucket = await startS3()
  for (const { name, bytes } of chains) await bucket.put(`madeup/${name}`, bytes)
  await using location = s3Location('s3://history/madeup', { endpoint: bucket.endpoint, credentials: S3_KEYS })
  await checkAnswers(location)
})
