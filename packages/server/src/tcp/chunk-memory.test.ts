import { expect, test } from 'vitest'
import { ChunkMemory } from './chunk-memory.ts'

const LARGE = 1024 * 1024
const MUCH = 1024 ** 3

test('a thousand readers have a small chunk each, and few large ones together', () => {
  const memory = new ChunkMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const chunks = Array.from({ length: 1000 }, () => memory.takeLarge(MUCH) ?? memory.takeSmall())
  const bytes = chunks.reduce((sum, chunk) => sum + (chunk.bytes?.length ?? 0), 0)
  expect(bytes).toBe(32 * LARGE + 968 * 65_536)
  for (const chunk of chunks) memory.release(chunk)
  expect(memory.largeInUse).toBe(0)
})

test('readers that took no more than the systems on the way hold leave large chunks to others', () => {
  const memory = new ChunkMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const taken = Array.from({ length: 1000 }, () => memory.takeLarge(4 * LARGE)).filter((chunk) => chunk !== undefined)
  expect(taken.length).toBeLessThan(16)
  expect(memory.takeLarge(0)).toBeUndefined()
  expect(memory.takeLarge(MUCH)?.bytes).toHaveLength(LARGE)
})

test('the right to a large chunk counts as one', () => {
  const memory = new ChunkMemory({ smallBytes: 16, largeBytes: 64, maxLarge: 1 })
  const right = memory.takeLargeRight(MUCH)
  expect(memory.takeLarge(MUCH)).toBeUndefined()
  if (right !== undefined) memory.release(right)
  expect(memory.takeLarge(MUCH)?.bytes).toHaveLength(64)
})

test('chunks beyond a few that are kept free their memory at once, and more of them when nobody has any', () => {
  const memory = new ChunkMemory({ smallBytes: 65_536, largeBytes: LARGE, maxLarge: 32 })
  const last = memory.takeSmall()
  const chunks = Array.from({ length: 1000 }, () => memory.takeLarge(MUCH) ?? memory.takeSmall())
  const buffers = [last, ...chunks].map(({ bytes }) => bytes)
  const held = (): number => buffers.reduce((sum, bytes) => sum + (bytes?.buffer.byteLength ?? 0), 0)
  for (const chunk of chunks) memory.release(chunk)
  expect(held()).toBe(16 * LARGE + 65_536)
  memory.release(last)
  expect(held()).toBe(2 * LARGE + 2 * 65_536)
})
