import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

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
  await settled()
  expect(started).toEqual([0, 1])
  ends[1]?.()
  await failing
  await settled()
  expect(started).toEqual([0, 1, 2])
  ends[0]?.()
  await settled()
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
  let turns = 0
  let isOver = false
  const others = (): void => {
    turns++
    if (!isOver) setImmediate(others)
  }
  setImmediate(others)
  const at = await Promise.all([0, 1, 2, 3].map(async () => pace.turn().then(() => turns)))
  isOver = true
  expect(new Set(at).size).toBe(4)
})
