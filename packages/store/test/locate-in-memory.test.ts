import { expect, test } from 'vitest'
import { TestLog } from './memory-log.ts'

test('an entry in memory, or the commit point, is found where it is, and no other is', async () => {
  const { log, entriesOfPage } = logOf(3)
  const total = Number(log.header.totalEntries)
  let found = 0
  for (let number = 0; number <= total; number++) {
    const here = log.locateInMemory(number)
    if (here === undefined) {
      expect(log.runInMemory(await log.locate(number))).toBeUndefined()
      continue
    }
    found++
    expect(here).toEqual(await log.locate(number))
  }
  expect(found).toBeGreaterThan(entriesOfPage)
  expect(found).toBeLessThan(total)
  expect(log.locateInMemory(0)).toBeUndefined()
  expect(log.locateInMemory(total + 1)).toBeUndefined()
})

test('none is found where entries are known to be damaged', async () => {
  const { log } = logOf(3)
  const last = Number(log.header.totalEntries) - 1
  const from = await log.locate(last)
  expect(log.locateInMemory(last)).toEqual(from)
  log.damages.add({
    from: { totalLength: from.position, totalEntries: BigInt(last) },
    to: { totalLength: log.header.totalLength, totalEntries: BigInt(last + 1) },
  })
  expect(log.locateInMemory(last)).toBeUndefined()
})

test('an entry that a truncation removed is not found any more', async () => {
  const stage = logOf(1).stage
  const { log } = stage
  const total = Number(log.header.totalEntries)
  await stage.truncate(total - 10)
  expect(log.locateInMemory(total - 1)).toBeUndefined()
  expect(log.locateInMemory(total - 10)).toEqual({
    position: log.header.totalLength,
    number: total - 10,
  })
})

/** A log of some pages, the newest of which are in memory. */
function logOf(keepPages: number) {
  const stage = new TestLog({ keepPages })
  const dataBytes = 10_000
  const entriesOfPage = Math.floor(2 ** 20 / (dataBytes + 17))
  for (let page = 0; page < 6; page++) {
    stage.addMany(entriesOfPage, dataBytes)
    stage.commit()
  }
  return { stage, log: stage.log, entriesOfPage }
}
