import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSeed } from '../seed.ts'

test('every property is asked with the seed of the run', () => {
  expect(fc.readConfigureGlobal()).toEqual({ seed: Number(process.env.TEST_SEED) })
  const valuesOfRun = (): number[] => {
    const values: number[] = []
    fc.assert(
      fc.property(fc.nat(), (value) => {
        values.push(value)
      }),
    )
    return values
  }
  expect(valuesOfRun()).toEqual(valuesOfRun())
})

test('a seed is fixed, a number, or fresh', () => {
  expect(testSeed('')).toBe(testSeed(''))
  expect(testSeed('12')).toBe(12)
  expect(testSeed('fresh')).not.toBe(testSeed('fresh'))
  for (const wrong of ['new', '-1', '1.5', '2147483648']) expect(() => testSeed(wrong)).toThrow(`found "${wrong}"`)
})
