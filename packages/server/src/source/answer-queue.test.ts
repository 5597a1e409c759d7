import { expect, test } from 'vitest'
import { AnswerQueue } from './answer-queue.ts'

test('answers keep the order of their requests, and are made when it is their turn', async () => {
  const sent: number[][] = []
  const queue = new AnswerQueue((bytes) => sent.push([...bytes]))
  const [a, b, c, d] = [queue.reserve(), queue.reserve(), queue.reserve(), queue.reserve()]
  let value = 1
  queue.settle(b, () => Uint8Array.of(value))
  await null
  expect(sent).toEqual([])
  value = 2
  queue.settle(a, () => Uint8Array.of(1))
  queue.settle(d, () => Uint8Array.of(4))
  await null
  expect(sent).toEqual([[1, 2]])
  expect(queue.waiting).toBe(2)
  queue.settle(c, () => Uint8Array.of(3))
  queue.flush()
  expect(sent).toEqual([
    [1, 2],
    [3, 4],
  ])
  await null
  expect(sent).toHaveLength(2)
})
