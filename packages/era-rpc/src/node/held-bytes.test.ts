import { expect, test } from 'vitest'
import { HeldBytes } from './held-bytes.ts'

test('the client is dropped for whom the most is held', () => {
  const held = new HeldBytes(100)
  const dropped: string[] = []
  const open = (name: string) => held.open(() => dropped.push(name))
  const [a, b, c] = [open('a'), open('b'), open('c')]
  a.add(40)
  b.add(60)
  expect([held.bytes, dropped]).toEqual([100, []])
  c.add(1)
  expect([held.bytes, dropped]).toEqual([41, ['b']])
  // Of one that is gone nothing is held.
  b.add(1000)
  expect([held.bytes, dropped]).toEqual([41, ['b']])
  a.add(-50)
  expect(held.bytes).toBe(1)
  c[Symbol.dispose]()
  a.add(101)
  expect([held.bytes, dropped]).toEqual([0, ['b', 'a']])
})
