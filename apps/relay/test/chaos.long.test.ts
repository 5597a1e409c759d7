import { expect, test } from 'vitest'
import { runChaos } from './support/chaos.ts'

const MINUTES = Number(process.env.LONG_MINUTES ?? 3)

test(
  'a hundred clients, 500 operations a second, for minutes',
  async () => {
    const summary = await runChaos({
      clients: 100,
      seconds: MINUTES * 60,
      operationsPerSecond: 500,
      killEveryMs: 6000,
      dropEveryMs: 2000,
      stallEveryMs: 5000,
      seed: Number(process.env.LONG_SEED ?? 1000),
    })
    process.stderr.write(`chaos: ${JSON.stringify(summary)}\n`)
    expect(summary.kills).toBeGreaterThan(4 * MINUTES)
    expect(summary.headers).toBeGreaterThan(1000 * MINUTES)
  },
  MINUTES * 60_000 + 300_000,
)
