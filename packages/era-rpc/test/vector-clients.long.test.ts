import { hasVectors } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { readWithClients } from './support/vector-clients.ts'
import { MADE_UP_BLOCKS, madeUp, real, SEPOLIA } from './support/vector-files.ts'

describe.runIf(hasVectors('rpc'))('viem and ethers read all that others wrote', () => {
  test('all made-up blocks', async () => {
    const counts = await readWithClients(await madeUp(), 1)
    expect(counts).toEqual({ blocks: MADE_UP_BLOCKS, transactions: 993, logs: 1714 })
  })

  test('all blocks of a file of sepolia', async () => {
    const counts = await readWithClients(await real(SEPOLIA), 11_155_111)
    expect(counts).toEqual({ blocks: 8192, transactions: 93, logs: 0 })
  })
})
