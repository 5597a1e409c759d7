import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

/** Work that goes on until it is ended. */
class Works {
  readonly gate: Gate
  readonly started: string[] = []
  readonly ends = new Map<string, () => void>()

  constructor(width: number) {
    this.gate = new Gate(width)
  }

  async begin(name: string, client: object, signal = new AbortController().signal): Promise<void> {
    await this.gate.pass({ client, signal }, () => {
      this.started.push(name)
      return new Promise<void>((resolve) => this.ends.set(name, resolve))
    })
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)?.()
    await settled()
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('one client never has more than half of the places', async () => {
  const works = new Works(4)
  const [busy, other] = [{}, {}]
  for (const name of ['a1', 'a2', 'a3', 'a4']) void works.begin(name, busy)
  await settled()
  expect(works.started).toEqual(['a1', 'a2'])
  for (const name of ['b1', 'b2', 'b3']) void works.begin(name, other)
  await settled()
  expect(works.started).toEqual(['a1', 'a2', 'b1', 'b2'])
})

test('a free place is for the client that has the fewest', async () => {
  const works = new Works(4)
  const [busy, other] = [{}, {}]
  for (const name of ['a1', 'a2', 'a3', 'a4']) void works.begin(name, busy)
  for (const name of ['b1', 'b2', 'b3', 'b4']) void works.begin(name, other)
  await settled()
  void works.begin('c1', {})
  for (const name of ['a1', 'b1', 'b2']) await works.end(name)
  expect(works.started).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'a3', 'b3'])
})

test('of clients that have as many it is for the one whose turn is longest ago', async () => {
  const works = new Works(2)
  const [busy, second, third] = [{}, {}, {}]
  for (const name of ['a1', 'a2', 'a3', 'a4']) void works.begin(name, busy)
  for (const name of ['b1', 'b2', 'b3']) void works.begin(name, second)
  for (const name of ['c1', 'c2']) void works.begin(name, third)
  await settled()
  const order = ['a1', 'b1', 'a2', 'b2', 'c1', 'a3', 'b3', 'c2', 'a4']
  for (const name of order) await works.end(name)
  expect(works.started).toEqual(order)
})

test('work that fails, and who leaves while waiting, keep no place', async () => {
  const works = new Works(1)
  const left = new AbortController()
  void works.begin('a', {})
  const leaving = expect(works.begin('b', {}, left.signal)).rejects.toThrow('left')
  const fails = works.gate.pass({ client: {}, signal: new AbortController().signal }, () => Promise.reject('failed'))
  const failing = expect(fails).rejects.toBe('failed')
  left.abort(new Error('left'))
  await leaving
  await works.end('a')
  await failing
  void works.begin('c', {})
  await settled()
  expect(works.started).toEqual(['a', 'c'])
  await expect(works.begin('d', {}, left.signal)).rejects.toThrow('left')
})
