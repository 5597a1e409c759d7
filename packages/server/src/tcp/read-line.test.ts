import { systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { ReadLine } from './read-line.ts'
import { Turns } from './turns.ts'

test('few read at a time, first come, first served, also while operations are being committed', async () => {
  for (const isSparing of [false, true]) {
    const turns = new Turns(systemClock)
    const line = new ReadLine(turns, systemClock, 2)
    const began: number[] = []
    const gates: (() => void)[] = []
    const reads = Array.from({ length: 10 }, (_, i) =>
      line.run(() => {
        if (isSparing) turns.onCommit()
        began.push(i)
        return new Promise<number>((resolve) => gates.push(() => resolve(i)))
      }),
    )
    if (isSparing) turns.onCommit()
    for (let done = 0; done < 10; done++) {
      while (began.length < Math.min(10, done + 2)) await new Promise((resolve) => setImmediate(resolve))
      expect(began.length).toBe(Math.min(10, done + 2))
      gates[done]?.()
      await reads[done]
    }
    expect(began).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  }
})

test('a read that fails makes room for the next', async () => {
  const line = new ReadLine(new Turns(systemClock), systemClock, 1)
  const failed = line.run(() => Promise.reject(new Error('disk')))
  const next = line.run(() => Promise.resolve(7))
  await expect(failed).rejects.toThrow('disk')
  expect(await next).toBe(7)
})
