import { expect, test } from 'vitest'
import { runChaos } from './support/chaos.ts'

// Minutes of it, with a hundred clients: chaos.long.test.ts.
test('relays that are killed, connections that are dropped and stalled: every entry once, at every end', async () => {
  const summary = await runChaos({
    clients: 10,
    seconds: 5,
    operationsPerSecond: 100,
    killEveryMs: 1500,
    dropEveryMs: 700,
    stallEveryMs: 1500,
    seed: 1,
  })
  process.stderr.write(`chaos: ${JSON.stringify(summary)}\n`)
  expect(summary.kills).toBeGreaterThan(0)
  expect(summary.drops).toBeGreaterThan(0)
  expect(summary.headers).toBeGreaterThan(0)
})
