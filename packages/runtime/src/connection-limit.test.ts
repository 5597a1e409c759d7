import { expect, test } from 'vitest'
import { ConnectionLimit } from './connection-limit.ts'

/** Resolves when the limit has evicted what it had to. */
async function swept(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function limitOf(max: number): { limit: ConnectionLimit<string>; evicted: string[] } {
  const evicted: string[] = []
  return { evicted, limit: new ConnectionLimit({ max, onEvict: (connection) => evicted.push(connection) }) }
}

test('one too many evicts the oldest of the address that has most', async () => {
  const { limit, evicted } = limitOf(4)
  limit.add('a1', '10.0.0.1')
  for (const connection of ['b1', 'b2', 'b3', 'b4', 'b5']) limit.add(connection, '10.0.0.2')
  await swept()
  expect(evicted).toEqual(['b1', 'b2'])
  expect(limit.size).toBe(4)
})

test('among addresses that have as many, the oldest of all goes', async () => {
  const { limit, evicted } = limitOf(2)
  limit.add('a', '10.0.0.1')
  limit.add('b', '10.0.0.2')
  limit.add('c', '10.0.0.3')
  await swept()
  expect(evicted).toEqual(['a'])
})

test('one that is touched is the youngest; one that left is not evicted', async () => {
  const { limit, evicted } = limitOf(2)
  for (const connection of ['a', 'b', 'c']) limit.add(connection, '10.0.0.1')
  limit.touch('a')
  limit.add('b', '10.0.0.1')
  await swept()
  expect(evicted).toEqual(['b'])
  limit.remove('c')
  limit.add('d', '10.0.0.1')
  await swept()
  expect(evicted).toEqual(['b'])
  expect(limit.size).toBe(2)
})

test('who comes with a crowd has a turn to speak before anyone is evicted', async () => {
  const { limit, evicted } = limitOf(2)
  limit.add('speaker', '10.0.0.1')
  for (let i = 0; i < 6; i++) limit.add(`silent ${i}`, '10.0.0.1')
  await new Promise((resolve) => setImmediate(resolve))
  limit.remove('speaker')
  await swept()
  expect(evicted).not.toContain('speaker')
  expect(limit.size).toBe(2)
})

test('a crowd beyond all bounds is evicted at once', () => {
  const { limit, evicted } = limitOf(2)
  for (let i = 0; i < 1000; i++) limit.add(`${i}`, '10.0.0.1')
  expect(limit.size).toBe(258)
  expect(evicted).toHaveLength(742)
})

test('0 is no limit', async () => {
  const { limit, evicted } = limitOf(0)
  for (let i = 0; i < 100; i++) limit.add(`${i}`, '10.0.0.1')
  await swept()
  expect(evicted).toEqual([])
})
