import { expect, test } from 'vitest'
import { TimeBudget } from './time-budget.ts'

const OPTIONS = { share: 0.1, mostMs: 5, mostDebtMs: 2 }

test('begins with all that can be saved, and saves no more', () => {
  const budget = new TimeBudget(OPTIONS)
  expect(budget.left(0)).toBe(5)
  expect(budget.left(1000)).toBe(5)
  budget.spend(3, 1000)
  expect(budget.left(1000)).toBe(2)
  expect(budget.left(1010)).toBe(3)
  expect(budget.left(2000)).toBe(5)
})

test('owes no more than it may', () => {
  const budget = new TimeBudget(OPTIONS)
  budget.spend(100, 0)
  expect(budget.left(0)).toBe(-2)
  expect(budget.waitFor(1, 0)).toBe(30)
  expect(budget.left(30)).toBe(1)
  expect(budget.waitFor(1, 30)).toBe(0)
})
