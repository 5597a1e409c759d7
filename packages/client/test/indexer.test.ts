import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { killIndexer, MAIN } from './support/kill-indexer.ts'

test('the indexer survives 200 kills and 50 rewrites of history, and has exactly the blocks of the chain', {
  timeout: 600_000,
}, async () => {
  const killed = await killIndexer({ kills: 200, rewrites: 50, seed: 1, lifeMs: 30 })
  expect(killed.rows).toEqual(killed.blocks)
  expect(killed).toMatchObject({ status: 0, stderr: '' })
  // It was not killed too early to show anything.
  expect(killed.lives).toBeGreaterThan(40)
  expect(killed.rewritesUnseen).toBeGreaterThan(4)
})

test('it is the program of the README', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8')
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(MAIN, 'utf8')}\`\`\``)
})
