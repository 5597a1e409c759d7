import { expect, test } from 'vitest'
import { DirectReads } from './direct-reads.ts'

/** How many of the next reads take a thread. */
function pauseOf(reads: DirectReads): number {
  for (let count = 0; ; count++) if (reads.take(100)) return count
}

test('short reads are done at once as long as they are fast, long ones never', () => {
  const reads = new DirectReads()
  for (let i = 0; i < 100; i++) {
    expect(reads.take(65_536)).toBe(true)
    reads.took(0.01)
    expect(reads.take(65_537)).toBe(false)
  }
})

test('after a slow one some take a thread, twice as many each time, but not for ever', () => {
  const reads = new DirectReads()
  const pauses: number[] = []
  for (let i = 0; i < 9; i++) {
    reads.took(10)
    pauses.push(pauseOf(reads))
  }
  expect(pauses).toEqual([16, 32, 64, 128, 256, 512, 1024, 1024, 1024])
})

test('fast ones shorten the next pause', () => {
  const reads = new DirectReads()
  for (let i = 0; i < 3; i++) {
    reads.took(10)
    pauseOf(reads)
  }
  for (let i = 0; i < 2; i++) reads.took(0.01)
  reads.took(10)
  expect(pauseOf(reads)).toBe(32)
})
