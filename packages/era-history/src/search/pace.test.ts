import { expect, test } from 'vitest'
import { TurnCounter } from '../../test/support/turn-counter.ts'
import { nextTurn } from '../trust/next-turn.ts'
import { Pace } from './pace.ts'

test('a few reads go on at a time, the others follow in order', async () => {
  const pace = new Pace(2)
  const started: number[] = []
  const ends: (() => void)[] = []
  const reads = [0, 1, 2, 3].map((each) =>
    pace.read(undefined, async () => {
      started.push(each)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (each === 1) throw new Error('failed')
    }),
  )
  const failing = expect(reads[1]).rejects.toThrow('failed')
  await nextTurn()
  expect(started).toEqual([0, 1])
  ends[1]?.()
  await failing
  await nextTurn()
  expect(started).toEqual([0, 1, 2])
  ends[0]?.()
  await nextTurn()
  for (const end of ends) end()
  await Promise.allSettled(reads)
  expect(started).toEqual([0, 1, 2, 3])
})

test('what nobody wants any more is not read', async () => {
  const pace = new Pace(1)
  let end = (): void => {}
  const first = pace.read(undefined, () => new Promise<void>((resolve) => (end = resolve)))
  const left = new AbortController()
  const second = expect(pace.read(left.signal, () => expect.fail())).rejects.toThrow('left')
  left.abort(new Error('left'))
  end()
  await first
  await second
  expect(await pace.read(undefined, async () => 'read')).toBe('read')
})

test('between the work of two blocks, of whatever searches, others have the event loop', async () => {
  const pace = new Pace(8)
  using others = new TurnCounter()
  const at = await Promise.all([0, 1, 2, 3].map(async () => pace.turn().then(() => others.turns)))
  expect(new Set(at).size).toBe(4)
})
