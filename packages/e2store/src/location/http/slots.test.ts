import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

test('works run in order, so many at a time; one that ends while it waits gives up its turn', async () => {
  const slots = new Slots(1)
  const done: number[] = []
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  const life = new AbortController()
  const first = slots.run(() => promise)
  const works = [1, 2, 3].map((n) => slots.run(async () => done.push(n), n === 2 ? life.signal : undefined))
  const all = Promise.allSettled(works)
  life.abort(new Error('enough'))
  await expect(works[1]).rejects.toThrow('enough')
  resolve()
  await first
  await all
  expect(done).toEqual([1, 3])
  // The turn of one that has run is over, whatever its signal does.
  const late = new AbortController()
  await slots.run(async () => done.push(4), late.signal)
  late.abort(new Error('late'))
  await slots.run(async () => done.push(5))
  await expect(slots.run(async () => Promise.reject(new Error('own')))).rejects.toThrow('own')
  await slots.run(async () => done.push(6))
  expect(done).toEqual([1, 3, 4, 5, 6])
})
