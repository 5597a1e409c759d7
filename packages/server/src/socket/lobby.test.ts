import { expect, test } from 'vitest'
import { Lobby } from './lobby.ts'

/** Resolves when the lobby has evicted what it had to. */
async function swept(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function lobbyOf(maxGuests: number): { lobby: Lobby<string>; evicted: string[] } {
  const evicted: string[] = []
  return { evicted, lobby: new Lobby({ maxGuests, onEvict: (guest) => evicted.push(guest) }) }
}

test('one too many evicts the oldest of the address that has most', async () => {
  const { lobby, evicted } = lobbyOf(4)
  lobby.enter('a1', '10.0.0.1')
  for (const guest of ['b1', 'b2', 'b3', 'b4', 'b5']) lobby.enter(guest, '10.0.0.2')
  await swept()
  expect(evicted).toEqual(['b1', 'b2'])
  expect(lobby.size).toBe(4)
})

test('among addresses that have as many, the oldest of all goes', async () => {
  const { lobby, evicted } = lobbyOf(2)
  lobby.enter('a', '10.0.0.1')
  lobby.enter('b', '10.0.0.2')
  lobby.enter('c', '10.0.0.3')
  await swept()
  expect(evicted).toEqual(['a'])
})

test('one that is touched is the youngest; one that left is not evicted', async () => {
  const { lobby, evicted } = lobbyOf(2)
  for (const guest of ['a', 'b', 'c']) lobby.enter(guest, '10.0.0.1')
  lobby.touch('a')
  lobby.enter('b', '10.0.0.1')
  await swept()
  expect(evicted).toEqual(['b'])
  lobby.leave('c')
  lobby.enter('d', '10.0.0.1')
  await swept()
  expect(evicted).toEqual(['b'])
  expect(lobby.size).toBe(2)
})

test('who comes with a crowd has a turn to speak before anyone is evicted', async () => {
  const { lobby, evicted } = lobbyOf(2)
  lobby.enter('speaker', '10.0.0.1')
  for (let i = 0; i < 6; i++) lobby.enter(`silent ${i}`, '10.0.0.1')
  await new Promise((resolve) => setImmediate(resolve))
  lobby.leave('speaker')
  await swept()
  expect(evicted).not.toContain('speaker')
  expect(lobby.size).toBe(2)
})

test('a crowd beyond all bounds is evicted at once', () => {
  const { lobby, evicted } = lobbyOf(2)
  for (let i = 0; i < 1000; i++) lobby.enter(`${i}`, '10.0.0.1')
  expect(lobby.size).toBe(258)
  expect(evicted).toHaveLength(742)
})

test('0 is no limit', async () => {
  const { lobby, evicted } = lobbyOf(0)
  for (let i = 0; i < 100; i++) lobby.enter(`${i}`, '10.0.0.1')
  await swept()
  expect(evicted).toEqual([])
})
