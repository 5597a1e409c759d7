import { systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { FairScheduler } from './fair-scheduler.ts'
import { ReadQueue } from './read-queue.ts'

test('few read at a time, first come, first served, also while operations are being committed', async () => {
  for (const isThrottled of [false, true]) {
    const scheduler = new FairScheduler(systemClock)
    const queue = new ReadQueue(scheduler, systemClock, 2)
    const began: number[] = []
    const gates: (() => void)[] = []
    const reads = Array.from({ length: 10 }, (_, i) =>
      queue.run(() => {
        if (isThrottled) scheduler.onCommit()
        began.push(i)
        return new Promise<number>((resolve) => gates.push(() => resolve(i)))
      }),
    )
    if (isThrottled) scheduler.onCommit()
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
  const queue = new ReadQueue(new FairScheduler(systemClock), systemClock, 1)
  const failed = queue.run(() => Promise.reject(new Error('disk')))
  const next = queue.run(() => Promise.resolve(7))
  await expect(failed).rejects.toThrow('disk')
  expect(await next).toBe(7)
})
