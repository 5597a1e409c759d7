import { systemClock } from '@datastreamer/runtime'
import { TestLog } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { CompressedRuns, type RunWanted } from './compressed-runs.ts'
import { FairScheduler } from './fair-scheduler.ts'
import { ReadQueue } from './read-queue.ts'

/** A log of runs that shrink, and what compresses them one at a time. */
async function setUp(): Promise<{
  runs: CompressedRuns
  queue: ReadQueue
  at: (number: number) => Promise<RunWanted>
}> {
  const log = new TestLog({ inMemory: false })
  log.addMany(400, 1000)
  log.commit()
  const queue = new ReadQueue(new FairScheduler(systemClock), systemClock, 1)
  const runs = new CompressedRuns(log.log, queue, 32 * 2 ** 20)
  const at = async (number: number): Promise<RunWanted> => {
    return { from: await log.log.locate(number), end: Number.POSITIVE_INFINITY, boundaries: undefined }
  }
  return { runs, queue, at }
}

test('while many runs wait, no more are accepted, but those that are there and under way are had', async () => {
  const { runs, queue, at } = await setUp()
  runs.enter()
  const made = await runs.of(await at(0))
  expect(made?.packet).toBeDefined()
  let release = (): void => {}
  const busy = queue.run(() => new Promise<void>((resolve) => (release = resolve)))
  const waiting = []
  for (let number = 1; number <= 16; number++) waiting.push(runs.of(await at(number)))
  expect(waiting.every((run) => run instanceof Promise)).toBe(true)
  expect(runs.of(await at(17))).toBeUndefined()
  expect(runs.of(await at(0))).toBe(made)
  expect(runs.of(await at(5))).toBe(waiting[4])
  release()
  await busy
  expect((await Promise.all(waiting)).every((run) => run?.packet !== undefined)).toBe(true)
  expect(runs.totals.runs).toBe(17)
})

test('a run that cannot be read is none, and is tried again', async () => {
  const { runs, at } = await setUp()
  const { from } = await at(3)
  const wrong = { from: { ...from, number: 4 }, end: Number.POSITIVE_INFINITY, boundaries: undefined }
  expect(await runs.of(wrong)).toBeUndefined()
  expect(runs.of(wrong)).toBeInstanceOf(Promise)
})
