import { expect, test } from 'vitest'
import { Descriptors, descriptorLimit, roomForClients } from './descriptors.ts'

test.skipIf(process.platform !== 'linux')('the limit of this process', () => {
  expect(descriptorLimit()).toBeGreaterThan(100)
})

test.each([
  [1024, 896],
  [65_536, 65_408],
  [128, 96],
])('with %i there is room for %i clients', (limit, room) => {
  expect(roomForClients(limit)).toBe(room)
})

test('one of the last descriptors says that they run out', () => {
  expect(new Descriptors(4).areShort(3)).toBe(true)
  expect(new Descriptors(4).areShort(2)).toBe(false)
  expect(new Descriptors(1_000_000).areShort(896)).toBe(false)
  expect(new Descriptors(4).areShort(undefined)).toBe(false)
})
