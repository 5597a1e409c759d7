import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryAt } from '../../test/support/entries.ts'
import { checkpointOf } from '../checkpoint.ts'
import { findCommon } from './find-common.ts'

/** Entries 0 to `total` of a stream that is another one from `parting` on. */
function stream(total: number, parting: number) {
  const asked: bigint[] = []
  return {
    asked,
    lookUp: (number: bigint) => {
      asked.push(number)
      if (number >= total) return Promise.resolve(undefined)
      return Promise.resolve(number < parting ? entryAt(number) : { ...entryAt(number), type: 9 })
    },
  }
}

test('the newest that is held, in few look-ups, wherever histories part and however the list is ordered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(1000), { maxLength: 100 }),
      fc.nat(1100),
      fc.nat(1100),
      async (numbers, total, parting) => {
        const { lookUp, asked } = stream(total, parting)
        const newest = Math.max(-1, ...numbers.filter((number) => number < Math.min(total, parting)))
        const found = await findCommon(
          lookUp,
          numbers.map((number) => checkpointOf(entryAt(BigInt(number)))),
        )
        expect(found).toBe(newest < 0 ? undefined : checkpointOf(entryAt(BigInt(newest))))
        expect(asked.length).toBeLessThanOrEqual(2 + Math.log2(1 + numbers.length))
      },
    ),
  )
})

test('both entries of a checkpoint have to be the same', async () => {
  const checkpoint = checkpointOf(entryAt(7n), entryAt(4n))
  const other = { ...entryAt(4n), type: 9 }
  expect(await findCommon(stream(8, 8).lookUp, [checkpoint])).toBe(checkpoint)
  expect(await findCommon(stream(7, 8).lookUp, [checkpoint])).toBeUndefined()
  const changed = (number: bigint) => Promise.resolve(number === 4n ? other : entryAt(number))
  expect(await findCommon(changed, [checkpoint])).toBeUndefined()
})
