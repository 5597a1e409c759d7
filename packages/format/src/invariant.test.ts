import { expect, test } from 'vitest'
import { InternalError, invariant } from './invariant.ts'

test('what holds passes, what does not is a defect of ours', () => {
  expect(() => invariant(true, 'positions only grow')).not.toThrow()
  expect(() => invariant(false, 'positions only grow')).toThrow(InternalError)
  expect(() => invariant(false, 'positions only grow')).toThrow('invariant broken: positions only grow')
})
