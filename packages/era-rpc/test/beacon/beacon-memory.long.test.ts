import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runSource, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { ownChain } from './support/own-chain.ts'

const PROGRAM = resolve(import.meta.dirname, 'support/memory-program.ts')

test.skipIf(process.platform !== 'linux')('the memory of a server does not grow with its states', async () => {
  using dir = tempDir()
  const memory: number[] = []
  for (const balances of [100_000, 50_000_000]) {
    const folder = dir.join(String(balances))
    mkdirSync(folder)
    for (const [name, bytes] of (await ownChain({ eras: 2, balances })).files) writeFileSync(`${folder}/${name}`, bytes)
    const { status, stdout, stderr } = await runSource(PROGRAM, [folder, '64'], { timeoutMs: 600_000 })
    expect([status, stderr]).toEqual([0, ''])
    const [length = 0, peakMb = 0] = stdout.trim().split(' ').map(Number)
    expect(length).toBeGreaterThan(8 * balances)
    memory.push(peakMb)
  }
  const [small = 0, large = 0] = memory
  process.stdout.write(`${small} MB with a state of 1 MB, ${large} MB with one of 400 MB\n`)
  expect(large - small).toBeLessThan(100)
  expect(large).toBeLessThan(300)
})
