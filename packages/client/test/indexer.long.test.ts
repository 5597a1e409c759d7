import { expect, test } from 'vitest'
import { killIndexer } from './support/kill-indexer.ts'

const kills = Number(process.env.LONG_KILLS ?? 2000)
const seed = Number(process.env.LONG_SEED ?? 1000)

test(`the indexer survives ${kills} kills and ${kills / 4} rewrites of history, from seed ${seed} on`, async () => {
  for (let left = kills, next = seed; left > 0; left -= 200, next++) {
    const killed = await killIndexer({ kills: Math.min(left, 200), rewrites: 50, seed: next, lifeMs: 60 })
    expect(killed.rows).toEqual(killed.blocks)
    expect(killed).toMatchObject({ status: 0, stderr: '' })
    console.log(`seed ${next}: ${killed.lives} lives with new rows, ${killed.blocks.length} blocks`)
  }
})
