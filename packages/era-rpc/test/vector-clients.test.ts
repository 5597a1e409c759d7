import { hasVectors } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { readWithClients } from './support/vector-clients.ts'
import { MADE_UP_BLOCKS, madeUp, real, SEPOLIA } from './support/vector-files.ts'

// All of their blocks: vector-clients.long.test.ts.
describe.runIf(hasVectors('rpc'))('viem and ethers read what others wrote', () => {
  test('some made-up blocks', async () => {
    const counts = await readWithClients(await madeUp(), 1, (number) => number % 16n === 3n)
    expect(counts.blocks).toBe(MADE_UP_BLOCKS / 16)
    expect(counts.transactions).toBeGreaterThan(30)
    expect(counts.logs).toBeGreaterThan(30)
  })

  test('some blocks of sepolia', async () => {
    const counts = await readWithClients(await real(SEPOLIA), 11_155_111, (number) => number % 256n === 186n)
    expect(counts).toMatchObject({ blocks: 32, logs: 0 })
  })
})
