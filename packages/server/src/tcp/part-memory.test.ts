import { expect, test } from 'vitest'
import { PartMemory } from './part-memory.ts'

const LARGE = 1024 * 1024
const MUCH = 1024 ** 3

test('a thousand readers have a small part each, and few large ones together', () => {
  const memory = new PartMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const parts = Array.from({ length: 1000 }, () => memory.takeLarge(MUCH) ?? memory.takeSmall())
  const bytes = parts.reduce((sum, part) => sum + (part.bytes?.length ?? 0), 0)
  expect(bytes).toBe(32 * LARGE + 968 * 65_536)
  for (const part of parts) memory.give(part)
  expect(memory.largeInUse).toBe(0)
})

test('readers that took no more than the systems on the way hold leave large parts to others', () => {
  const memory = new PartMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const taken = Array.from({ length: 1000 }, () => memory.takeLarge(4 * LARGE)).filter((part) => part !== undefined)
  expect(taken.length).toBeLessThan(16)
  expect(memory.takeLarge(0)).toBeUndefined()
  expect(memory.takeLarge(MUCH)?.bytes).toHaveLength(LARGE)
})

test('the right to a large part counts as one', () => {
  const memory = new PartMemory({ smallBytes: 16, largeBytes: 64, maxLarge: 1 })
  const right = memory.takeLargeRight(MUCH)
  expect(memory.takeLarge(MUCH)).toBeUndefined()
  if (right !== undefined) memory.give(right)
  expect(memory.takeLarge(MUCH)?.bytes).toHaveLength(64)
})

test('parts beyond a few that are kept give their memory back at once, and more of them when nobody has any', () => {
  const memory = new PartMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const last = memory.takeSmall()
  const parts = Array.from({ length: 1000 }, () => memory.takeLarge(MUCH) ?? memory.takeSmall())
  const buffers = [last, ...parts].map(({ bytes }) => bytes)
  const held = (): number => buffers.reduce((sum, bytes) => sum + (bytes?.buffer.byteLength ?? 0), 0)
  for (const part of parts) memory.give(part)
  expect(held()).toBe(16 * LARGE + 65_536)
  memory.give(last)
  expect(held()).toBe(2 * LARGE + 2 * 65_536)
})
