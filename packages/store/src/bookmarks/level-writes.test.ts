import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { LevelWrites } from './level-writes.ts'
import type { PendingSegment } from './pending-bookmarks.ts'

const SEGMENT_SLOTS = 4096

/** Writes that a test confirms. */
function writesOf() {
  const clock = new ManualClock()
  const handed: PendingSegment[] = []
  const counts: number[] = []
  const writes = new LevelWrites(clock, (segment) => {
    handed.push(segment)
    counts.push(segment.count)
  })
  return { clock, handed, writes, counts }
}

const keyOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255)

/** So many bookmarks from number `first` on. */
function bookmarks(count: number, first = 0) {
  return Array.from({ length: count }, (_, i) => ({ key: keyOf(first + i), number: first + i }))
}

test('full segments are handed over at once, two at a time, and what is left when it is due', () => {
  const { clock, handed, writes, counts } = writesOf()
  writes.put(bookmarks(2 * SEGMENT_SLOTS + 3))
  expect(counts).toEqual([SEGMENT_SLOTS, SEGMENT_SLOTS])
  expect(writes.waiting).toBe(2 * SEGMENT_SLOTS + 3)
  clock.advance(5)
  expect(handed).toHaveLength(2)
  writes.onWritten()
  expect(handed).toHaveLength(2)
  writes.onWritten()
  expect(counts).toEqual([SEGMENT_SLOTS, SEGMENT_SLOTS, 3])
  expect(writes.isWriting).toBe(true)
  writes.onWritten()
  expect(writes.isWriting).toBe(false)
  expect(writes.waiting).toBe(0)
})

test('what is waited for is handed over without delay', async () => {
  const { handed, writes } = writesOf()
  writes.put(bookmarks(2))
  writes.remove([keyOf(0)])
  expect(handed).toEqual([])
  let isWritten = false
  const written = writes.untilWritten().then(() => {
    isWritten = true
  })
  expect(handed).toHaveLength(1)
  await null
  expect(isWritten).toBe(false)
  expect(writes.find(keyOf(0))).toBe('removed')
  writes.onWritten()
  await written
  await writes.untilWritten()
  expect(writes.find(keyOf(0))).toBeUndefined()
})

test('nothing is handed over while it is stopped, and all that was not written afterwards', async () => {
  const { clock, handed, writes } = writesOf()
  writes.put(bookmarks(1))
  clock.advance(5)
  const failure = new Error('disk')
  const waiting = writes.untilWritten()
  writes.stop(failure)
  await expect(waiting).rejects.toBe(failure)
  writes.put(bookmarks(SEGMENT_SLOTS, 1))
  clock.advance(5)
  expect(handed).toHaveLength(1)
  writes.resume()
  expect(handed).toHaveLength(3)
  expect(handed[1]).toBe(handed[0])
})

test('refuses to count as written what was not handed over', () => {
  const { writes } = writesOf()
  writes.put(bookmarks(1))
  expect(() => writes.onWritten()).toThrow(expect.objectContaining({ name: 'InternalError' }))
  expect(writes.waiting).toBe(1)
})
