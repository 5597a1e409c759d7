import { expect, test } from 'vitest'
import { ValueList } from './hash-list.ts'

test('a value is there once for each block, however many a block has', () => {
  const values = new ValueList()
  const hashes = Array.from({ length: 5000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0)
  for (const block of [0, 1, 7])
    for (let twice = 0; twice < 2; twice++) for (const hash of hashes) values.add(hash, block)
  expect(values.length).toBe(3 * 5000)
  expect([values.hash(4999), values.block(4999), values.block(5000), values.block(14_999)]).toEqual([
    hashes[4999],
    0,
    1,
    7,
  ])
})
