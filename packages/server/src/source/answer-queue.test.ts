import { type CommitResult, encodeSourceAnswer } from '@datastreamer/format/source'
import { expect, test } from 'vitest'
import { AnswerQueue } from './answer-queue.ts'

test('answers keep the order of their requests, and are made when it is their turn', async () => {
  const sent: number[][] = []
  const queue = new AnswerQueue((packets) => sent.push(packets.flatMap((packet) => [...packet])))
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

test('answers to commits that follow one another are one packet', () => {
  const sent: Uint8Array[] = []
  const queue = new AnswerQueue((packets) => sent.push(...packets))
  const slots = Array.from({ length: 4 }, () => queue.reserve())
  const results = [0n, 1n, 3n].map((firstEntry) => ({ firstEntry, nextEntry: firstEntry + 2n }))
  const [a, b, c] = results
  for (const [i, answer] of [a, b, () => Uint8Array.of(7), c].entries()) {
    const slot = slots[i]
    if (slot !== undefined && answer !== undefined) queue.settle(slot, answer)
  }
  queue.flush()
  expect(sent.map(({ length }) => length)).toEqual([42, 1, 21])
  const committed = (result: CommitResult | undefined): Uint8Array =>
    encodeSourceAnswer({ name: 'committed', ...(result as CommitResult) })
  expect(Buffer.concat(sent)).toEqual(Buffer.concat([committed(a), committed(b), Uint8Array.of(7), committed(c)]))
})
