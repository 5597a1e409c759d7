import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ahead } from './ahead.ts'

/** Works that end when they are released, in any order. */
function held() {
  const release = new Map<
    number,
    { readonly resolve: (value: number) => void; readonly reject: (error: Error) => void }
  >()
  const work = (item: number): Promise<number> =>
    new Promise((resolve, reject) => {
      release.set(item, { resolve, reject })
    })
  return {
    begun: () => [...release.keys()],
    end: (item: number) => release.get(item)?.resolve(item * 10),
    release,
    work,
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await setImmediate()
}

function* numbers(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i
}

async function* slowNumbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    await setImmediate()
    yield i
  }
}

test('results come in order, whatever ends first', async () => {
  const { work, end, begun } = held()
  const running = ahead(numbers(6), work, { limit: () => 3 })
  const first = running.next()
  await settle()
  expect(begun()).toEqual([0, 1, 2])
  end(2)
  end(1)
  await settle()
  expect(begun()).toEqual([0, 1, 2])
  end(0)
  expect(await first).toEqual({ done: false, value: 0 })
  expect(await running.next()).toEqual({ done: false, value: 10 })
  await settle()
  expect(begun()).toEqual([0, 1, 2, 3])
  end(3)
  await running.return()
})

test('nothing is begun before it is asked for; then it goes on while the consumer is busy', async () => {
  const { work, end, begun } = held()
  const running = ahead(slowNumbers(20), work, { limit: (taken) => 2 ** taken })
  await settle()
  expect(begun()).toEqual([])
  const first = running.next()
  await expect.poll(() => begun().length).toBe(1)
  end(0)
  await first
  await settle()
  expect(begun()).toHaveLength(1)
  const second = running.next()
  await expect.poll(() => begun().length).toBe(3)
  end(1)
  end(2)
  await second
  await running.next()
  // The consumer does something else now.
  await expect.poll(() => begun().length).toBe(3 + 8)
  await settle()
  expect(begun()).toHaveLength(3 + 8)
  for (const item of begun()) end(item)
  await running.return()
})

test('no more than the weight that is allowed, but always one', async () => {
  const { work, end, begun } = held()
  const weight = { of: (item: number) => [5, 3, 3, 9, 1, 1][item] ?? 0, max: 6 }
  const running = ahead(numbers(6), work, { limit: () => 9, weight })
  const seen: string[] = []
  for (let item = 0; item < 6; item++) {
    const result = running.next()
    await settle()
    seen.push(begun().slice(item).join(' '))
    end(item)
    expect((await result).value).toBe(item * 10)
  }
  expect(seen).toEqual(['0', '1 2', '2', '3', '4 5', '5'])
  expect((await running.next()).done).toBe(true)
})

test.each(['work', 'source'] as const)('a failure of the %s is thrown after what comes before it', async (where) => {
  const failure = new Error('no')
  async function* failing(): AsyncGenerator<number> {
    yield* [0, 1, 2]
    if (where === 'source') throw failure
    yield 3
  }
  const work = async (item: number): Promise<number> => {
    if (item === 3) throw failure
    return item
  }
  const read: number[] = []
  const reading = async (): Promise<void> => {
    for await (const item of ahead(failing(), work, { limit: () => 9 })) read.push(item)
  }
  await expect(reading()).rejects.toBe(failure)
  expect(read).toEqual([0, 1, 2])
})

test('who stops is waited for, and the source is closed', async () => {
  const { work, end } = held()
  const events: string[] = []
  async function* source(): AsyncGenerator<number> {
    try {
      yield* numbers(9)
    } finally {
      events.push('closed')
    }
  }
  const running = ahead(source(), work, { limit: () => 3, onEnd: () => events.push('end') })
  const first = running.next()
  await settle()
  end(0)
  await first
  const stopped = running.return().then(() => events.push('stopped'))
  await settle()
  expect(events).toEqual(['end', 'closed'])
  end(1)
  end(2)
  await stopped
  expect(events).toEqual(['end', 'closed', 'stopped'])
})

test('a signal ends it', async () => {
  const stop = new AbortController()
  const running = ahead(numbers(9), async (item) => item, { limit: () => 2, signal: stop.signal })
  await running.next()
  const reason = new Error('enough')
  stop.abort(reason)
  await expect(running.next()).rejects.toBe(reason)
})
