import { expect, test } from 'vitest'
import { LimitError } from '../errors.ts'
import { Keys } from './keys.ts'
import { packPart } from './pack.ts'

test('a bucket that no reader would read is not written', () => {
  const shape = { hashBits: 64, bucketBits: 0, blockBits: 0, indexBits: 0 }
  expect(() => packPart(new Keys(2_200_000), shape)).toThrow(LimitError)
  expect(packPart(new Keys(2_000_000), shape).buckets).toHaveLength(16_000_004)
})
