import { InternalError } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { entryAt } from '../../test/support/entries.ts'
import { checkpointOf } from '../checkpoint.ts'
import { Trail } from './trail.ts'

const at = (number: number) => checkpointOf(entryAt(BigInt(number)))
const numbersOf = (trail: Trail) => trail.checkpoints.map((text) => Number(text.split(':')[0]))

test('begins with those of the caller, in order', () => {
  const trail = new Trail([at(9), at(1), at(9), at(4)])
  expect(numbersOf(trail)).toEqual([1, 4, 9])
  expect(trail).toMatchObject({ newest: at(9), nextEntry: 10n })
  expect(new Trail([])).toMatchObject({ newest: undefined, nextEntry: 0n })
})

test('keeps the newest and the oldest, and of the others the fewer the older they are', () => {
  const trail = new Trail([])
  for (let number = 0; number < 20_000; number++) trail.add(at(number))
  const numbers = numbersOf(trail)
  expect(numbers.length).toBeLessThanOrEqual(256)
  expect(numbers[0]).toBe(0)
  expect(numbers.slice(-8)).toEqual(Array.from({ length: 8 }, (_, i) => 19_992 + i))
  for (let back = 1; back < 20_000; back++) {
    const target = 19_999 - back
    const found = numbers.findLast((number) => number <= target) ?? Number.NaN
    if (!(target - found <= back / 3)) throw new Error(`${target}: the next before it is ${found}`)
  }
})

test('goes back, and says whether anything is lost', () => {
  const trail = new Trail([at(1), at(4)])
  expect(trail.rewindTo(at(4))).toBe(false)
  trail.add(at(6))
  expect(trail.rewindTo(at(1))).toBe(true)
  expect(numbersOf(trail)).toEqual([1])
  trail.add(at(3))
  expect(trail.rewindTo(undefined)).toBe(true)
  expect(trail.checkpoints).toEqual([])
  expect(trail.rewindTo(undefined)).toBe(false)
})

test('invariant: every checkpoint comes after the one before it', () => {
  const trail = new Trail([at(4)])
  expect(() => trail.add(at(4))).toThrow(InternalError)
  expect(() => trail.add(at(3))).toThrow(InternalError)
  expect(numbersOf(trail)).toEqual([4])
})

test('invariant: it goes back to what it has', () => {
  const trail = new Trail([at(4)])
  expect(() => trail.rewindTo(at(3))).toThrow(InternalError)
  expect(numbersOf(trail)).toEqual([4])
})
