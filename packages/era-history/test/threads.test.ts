import { hexlify } from 'ethers'
import { expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import { madeChain, madeFile } from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'

test('without threads the thread that asks recovers senders', async () => {
  const blocks = madeChain({ from: 8192n, count: 8, seed: 3 })
  const location = memoryLocation([await madeFile(blocks, 'era1')])
  let started = 0
  const count = (): void => void started++
  process.on('worker', count)
  try {
    for (const threads of [0, 1]) {
      await using history = await openHistory([location], { threads })
      for (const { number, senders } of blocks) {
        expect((await (await history.block(number))?.senders())?.map((sender) => hexlify(sender))).toEqual(senders)
      }
      expect(started).toBe(threads)
    }
  } finally {
    process.off('worker', count)
  }
})
