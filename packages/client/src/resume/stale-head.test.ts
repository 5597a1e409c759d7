import { expect, test } from 'vitest'
import { entriesOf, entryAt } from '../../test/support/entries.ts'
import { StaleHeadFilter } from './stale-head.ts'

const stale = entryAt(7n, 99)

test('a stale head entry is taken out, what stands around it stays', async () => {
  for (const real of [undefined, entryAt(7n)]) {
    const filter = new StaleHeadFilter(7n, () => Promise.resolve(real))
    expect(await filter.filter(entriesOf(3, 7))).toEqual(entriesOf(3, 7))
    expect(await filter.filter([entryAt(6n), stale, ...entriesOf(7, 9)])).toEqual(entriesOf(6, 9))
  }
})

test('a real entry at the head stays, and is looked up once', async () => {
  const asked: bigint[] = []
  const filter = new StaleHeadFilter(7n, (number) => {
    asked.push(number)
    return Promise.resolve(entryAt(number))
  })
  expect(await filter.filter(entriesOf(5, 9))).toEqual(entriesOf(5, 9))
  expect(await filter.filter(entriesOf(7, 9))).toEqual(entriesOf(7, 9))
  expect(asked).toEqual([7n])
})
