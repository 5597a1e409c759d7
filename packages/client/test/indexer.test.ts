import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { killIndexer, MAIN } from './support/kill-indexer.ts'

// Thousands of kills: indexer.long.test.ts.
test('the indexer survives 60 kills and 15 rewrites of history, and has exactly the blocks of the chain', async () => {
  const killed = await killIndexer({ kills: 60, rewrites: 15, seed: 1, lifeMs: 30 })
  expect(killed.rows).toEqual(killed.blocks)
  expect(killed).toMatchObject({ status: 0, stderr: '' })
  // It was not killed too early to show anything.
  expect(killed.lives).toBeGreaterThan(12)
  expect(killed.rewritesUnseen).toBeGreaterThan(1)
})

test('it is the program of the README', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(MAIN, 'utf8')}\`\`\``)
})
