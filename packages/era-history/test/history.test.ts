import { hasVectors, readVector } from '@datastreamer/fixtures'
import { hexlify } from 'ethers'
import { beforeAll, describe, expect, test } from 'vitest'
import { type History, type HistoryBlock, openHistory } from '../src/index.ts'
import { type FileShape, type MadeBlock, type MadeFile, madeChain, madeFile } from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'

/** An era of 8192 blocks, few of which have transactions, and the beginning of the next. */
let first: MadeBlock[]
let second: MadeBlock[]
const files = new Map<string, MadeFile>()

beforeAll(async () => {
  first = madeChain({ count: 8192, isFull: (i) => i % 400 === 7 })
  second = madeChain({ from: 8192n, count: 40, seed: 2, parent: first.at(-1) })
  const shapes: FileShape[] = ['era1', 'ere', 'ere-noproofs', 'ere-noreceipts', 'ere-bare']
  for (const shape of shapes) {
    files.set(`0 ${shape}`, await madeFile(first, shape))
    files.set(`1 ${shape}`, await madeFile(second, shape))
  }
})

function file(name: string): MadeFile {
  const found = files.get(name)
  if (found === undefined) throw new Error(`no file ${name}`)
  return found
}

async function expectBlock(block: HistoryBlock | undefined, made: MadeBlock | undefined, held = true): Promise<void> {
  if (block === undefined || made === undefined) throw new Error('no block')
  expect(hexlify(block.hash)).toBe(hexlify(made.hash))
  expect(block.headerRlp).toEqual(made.headerRlp)
  expect(block.body.transactions).toEqual(made.envelopes)
  expect((await block.senders()).map((sender) => hexlify(sender))).toEqual(made.senders)
  const receipts = await block.receipts()
  if (!held) return expect(receipts).toBeUndefined()
  expect(receipts?.map(({ cumulativeGasUsed, logs, logsBloom }) => ({ cumulativeGasUsed, logs, logsBloom }))).toEqual(
    made.receipts.map(({ cumulativeGasUsed, logs, logsBloom }) => ({ cumulativeGasUsed, logs, logsBloom })),
  )
}

describe.each<FileShape>(['era1', 'ere', 'ere-noproofs', 'ere-noreceipts', 'ere-bare'])(
  'files of shape %s',
  (shape) => {
    const open = async (): Promise<History> => openHistory([memoryLocation([file(`0 ${shape}`), file(`1 ${shape}`)])])

    test('are one history', async () => {
      await using history = await open()
      expect(history.head).toEqual({ number: 8231n, hash: second.at(-1)?.hash })
      expect(history.earliest).toBe(0n)
      expect(history.runs).toEqual([{ from: 0n, to: 8231n }])
      expect(history.network).toBe('made')
      expect([history.find(0n), history.find(8231n), history.find(8232n)]).toEqual(['held', 'held', 'above'])
      const held = shape !== 'ere-noreceipts'
      expect([history.holdsReceipts(8191n), history.holdsReceipts(8000n, 8231n)]).toEqual([held, held])
      for (const number of [0, 7, 2, 8191, 407])
        await expectBlock(await history.block(BigInt(number)), first[number], held)
      for (const made of second) await expectBlock(await history.block(made.number), made, held)
      expect(await history.block(8232n)).toBeUndefined()
    })

    test('give blocks and transactions by hash', async () => {
      await using history = await open()
      const made = second[3] as MadeBlock
      expect(await history.numberOf(made.hash)).toBe(made.number)
      expect(await history.numberOf(new Uint8Array(32).fill(9))).toBeUndefined()
      const block = await history.block(made.number)
      for (const [index, { hash }] of (block?.transactions() ?? []).entries()) {
        const found = await history.transactionAt(hash)
        expect(found && (await history.block(found.block))?.transactions()[found.index]?.hash).toEqual(hash)
        expect(index).toBeLessThan(made.envelopes.length)
      }
      expect(await history.transactionAt(new Uint8Array(32).fill(9))).toBeUndefined()
    })
  },
)

test.skipIf(!hasVectors('rpc'))('the real files and the made-up one are read to the end', async () => {
  const name = 'mainnet-01586-a26152e4.era1'
  await using history = await openHistory([memoryLocation([{ name, bytes: readVector('rpc', `made-up-${name}.gz`) }])])
  expect(history.head?.number).toBe(12_992_911n)
  let transactions = 0
  for (let number = history.earliest ?? 0n; number <= 12_992_911n; number++) {
    const block = await history.block(number)
    expect(block?.trust).toBe('consistent')
    const receipts = await block?.receipts()
    expect(receipts).toHaveLength(block?.transactions().length ?? -1)
    expect(await block?.senders()).toHaveLength(block?.transactions().length ?? -1)
    transactions += receipts?.length ?? 0
  }
  expect(transactions).toBe(993)
})
