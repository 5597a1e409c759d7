import { expect, test } from 'vitest'
import { firstEventAfter } from '../src/bookmarks/find-bookmark.ts'
import { TestLog } from './memory-log.ts'

/** Longest read of the kind that is given to an entry of usual size. */
const FEW_BYTES = 4096

/** A log on disk, and the memory that its reads were given since. */
function logOfReads(entries: number, dataBytes: number) {
  const stage = new TestLog({ inMemory: false })
  stage.addMany(entries, dataBytes)
  stage.commit()
  const memories = new Set<ArrayBufferLike>()
  const lengths: number[] = []
  const read = stage.file.read.bind(stage.file)
  stage.file.read = (into, position) => {
    memories.add(into.buffer)
    lengths.push(into.length)
    return read(into, position)
  }
  return { log: stage.log, memories, lengths }
}

test('looking up a thousand entries one after the other takes the same memory again and again', async () => {
  const { log, memories } = logOfReads(10_000, 200)
  for (let i = 0; i < 1000; i++) {
    const number = (i * 7919) % 10_000
    const entry = await log.entry(BigInt(number))
    expect(entry?.number).toBe(BigInt(number))
    expect(entry?.data).toEqual(new Uint8Array(200).fill((number + 1) & 0xff))
  }
  // Two for the search and the entry, and the 17 bytes that each page opens with.
  expect(memories.size).toBeLessThanOrEqual(2 + Math.ceil((10_000 * 217) / 2 ** 20))
})

test('entries that are looked up at the same time each have memory of their own', async () => {
  const { log } = logOfReads(10_000, 200)
  const numbers = Array.from({ length: 100 }, (_, i) => (i * 7919) % 10_000)
  const entries = await Promise.all(numbers.map((number) => log.entry(BigInt(number))))
  for (const [i, number] of numbers.entries()) {
    expect(entries[i]?.data).toEqual(new Uint8Array(200).fill((number + 1) & 0xff))
  }
})

test('once it is known where an entry is, no more is read than that takes', async () => {
  const { log, lengths } = logOfReads(10_000, 200)
  const at = (number: number): Promise<unknown> => log.entry(BigInt(number))
  await at(5000)
  lengths.length = 0
  await at(5000)
  expect(lengths.at(-1)).toBeLessThanOrEqual(FEW_BYTES)
  await firstEventAfter(log, 4999n)
  expect(lengths.at(-1)).toBeLessThanOrEqual(FEW_BYTES)
})

test('an entry that is larger than what is read at first is whole', async () => {
  const { log } = logOfReads(20, 100_000)
  for (let number = 0; number < 20; number++) {
    expect((await log.entry(BigInt(number)))?.data).toEqual(new Uint8Array(100_000).fill(number + 1))
    expect((await firstEventAfter(log, BigInt(number - 1)))?.data.length).toBe(100_000)
  }
})
