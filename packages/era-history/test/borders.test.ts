import { beforeAll, expect, test } from 'vitest'
import { openHistory } from '../src/index.ts'
import { fileOf, type MadeBlock, type MadeFile, madeChain, madeFile, rowsOf } from './support/made-up-chain.ts'
import { memoryLocation } from './support/memory-location.ts'

/** Files of few blocks, which are as good: a file may begin anywhere. */
let first: MadeFile
let last: MadeBlock
let next: MadeFile
/** Of another chain. */
let other: MadeFile
/** The first file with another byte in its last header. */
let damaged: MadeFile

const NONE = new Uint8Array(0)

const isFull = (): boolean => false

beforeAll(async () => {
  const blocks = madeChain({ count: 30, isFull })
  last = blocks.at(-1) as MadeBlock
  first = await madeFile(blocks, 'ere')
  const rows = rowsOf(blocks, 'ere').map((row, i) =>
    i < 29 ? row : { ...row, header: (row.header ?? NONE).map((byte, at) => (at === 100 ? byte ^ 1 : byte)) },
  )
  damaged = { name: first.name, bytes: (await fileOf(blocks, rows, 'ere')).bytes }
  next = await madeFile(madeChain({ from: 30n, count: 4, parent: last, isFull }), 'ere-noproofs')
  const elsewhere = { ...last, hash: new Uint8Array(32).fill(7) }
  other = await madeFile(madeChain({ from: 30n, count: 4, parent: elsewhere, isFull }), 'ere-noproofs')
})

const states = (history: { readonly files: readonly { name: string; status: string }[] }): Record<string, string> =>
  Object.fromEntries(history.files.map(({ name, status }) => [name, status]))

test('files that follow each other are linked', async () => {
  await using history = await openHistory([memoryLocation([first, next])])
  expect((await history.block(7n))?.trust).toBe('consistent')
  expect(history.head?.number).toBe(33n)
  expect(states(history)).toEqual({ [first.name]: 'consistent', [next.name]: 'consistent' })
})

test.each([7n, 31n])(
  'files that contradict each other are not used, also if block %i is asked for first',
  async (number) => {
    const location = memoryLocation([first, other])
    await using history = await openHistory([location])
    expect(await history.block(number)).toBeUndefined()
    expect(states(history)).toEqual({ [first.name]: 'rejected', [other.name]: 'rejected' })
    expect(history.files[0]?.error).toMatchObject({ code: 'WRONG_PARENT', message: /^block 29 has hash 0x/ })
    expect(history.head).toBeUndefined()
  },
)

test('a file that contradicts one that was read already: what was read is forgotten, and used again without it', async () => {
  const location = memoryLocation([first])
  await using history = await openHistory([location])
  const read = await history.block(7n)
  location.files.set(other.name, other.bytes)
  await history.refresh()
  expect(await history.block(7n)).toBeUndefined()
  expect(await history.numberOf(read?.hash ?? NONE)).toBeUndefined()
  location.files.delete(other.name)
  await history.refresh()
  expect((await history.block(7n))?.trust).toBe('consistent')
  expect(history.head?.number).toBe(29n)
})

test('of files that contradict each other that one is used which a trusted root covers', async () => {
  const trustedRoots = { blocks: () => [{ number: last.number, hash: last.hash }] }
  await using history = await openHistory([memoryLocation([first, other])], { trustedRoots })
  expect(history.head?.number).toBe(29n)
  expect((await history.block(7n))?.trust).toBe('trusted')
  expect(states(history)).toEqual({ [first.name]: 'trusted', [other.name]: 'rejected' })
})

test('of files that contradict each other that one is used which a third one agrees with', async () => {
  await using history = await openHistory([memoryLocation([first, other, next])])
  expect((await history.block(7n))?.number).toBe(7n)
  expect((await history.block(31n))?.number).toBe(31n)
  expect(states(history)).toEqual({ [first.name]: 'consistent', [other.name]: 'rejected', [next.name]: 'consistent' })
})

test('a file that is wrong itself says nothing of those beside it', async () => {
  await using history = await openHistory([memoryLocation([damaged, next])])
  expect((await history.block(31n))?.trust).toBe('consistent')
  expect(states(history)).toEqual({ [damaged.name]: 'rejected', [next.name]: 'consistent' })
})
