import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { FROM_SOURCE } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { FakeServer } from './support/fake-server.ts'

/** Prints whether it has loaded sequencer-entries, before and after it has asked for a block. */
const program = (address: string) => `
  import { registerHooks } from 'node:module'
  let loaded = 0
  registerHooks({
    resolve(name, context, next) {
      if (name === '@datastreamer/sequencer-entries') loaded++
      return next(name, context)
    },
  })
  const { connect } = await import('@datastreamer/client')
  await using client = await connect('${address}')
  for await (const entry of client.entries({ follow: false }));
  await client.findCommon([])
  console.log(loaded > 0)
  await client.blocks({ from: { block: 1 }, follow: false }).next().catch(() => undefined)
  console.log(loaded > 0)
`

test('who reads no blocks does not load what knows them', async () => {
  await using fake = await FakeServer.listen({ entries: 3 })
  const code = program(`127.0.0.1:${fake.peer.port}`)
  const child = spawn(process.execPath, [...FROM_SOURCE, '--input-type=module', '-e', code], {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  expect(await text(child.stdout)).toBe('false\ntrue\n')
})
