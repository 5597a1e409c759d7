import type { OperationEvent } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import { commitLogPath, openReader, type StreamReader, type StreamStore } from '../src/index.ts'
import { commit, FILE, SharedStream } from './shared-stream.ts'

/** Numbers of entries, `|5` for a boundary before entry 5, `?5` where boundaries are unknown from there on. */
function text(event: OperationEvent): string {
  if (event.kind === 'operationBoundary') return `${event.gap ? '?' : '|'}${event.nextEntry}`
  return event.entries.map(({ number }) => number).join(' ')
}

async function operationsOf(
  reader: StreamReader,
  options: Parameters<StreamReader['operations']>[0] = {},
): Promise<string> {
  const found: string[] = []
  for await (const event of reader.operations({ follow: false, ...options })) found.push(text(event))
  return found.join(' ')
}

function readerOf({ disk }: SharedStream): Promise<StreamReader> {
  return openReader({ file: FILE, disk, index: new MemoryIndex() })
}

/** Operations of `sizes` entries. */
async function write(store: StreamStore, ...sizes: readonly number[]): Promise<void> {
  for (const size of sizes) await commit(store, size, size)
}

test('a store and a reader give the last boundary of what is read at once, and the one that they begin at', async () => {
  const stream = new SharedStream()
  await stream.write((store) => write(store, 3, 2, 4))
  await using reader = await readerOf(stream)
  await using store = await stream.open()
  for (const source of [store, reader]) {
    expect(await operationsOf(source)).toBe('|0 0 1 2 3 4 5 6 7 8 |9')
    expect(await operationsOf(source, { from: 3n })).toBe('|3 3 4 5 6 7 8 |9')
    expect(await operationsOf(source, { from: 4n, to: 6n })).toBe('4 |5 5 6')
    expect(await operationsOf(source, { from: 4n, to: 4n })).toBe('4 |5')
    expect(await operationsOf(source, { from: 3n, to: 3n })).toBe('|3 3')
    expect(await operationsOf(source, { from: 'latest' })).toBe('')
    expect(await operationsOf(source, { types: [7] })).toBe('|0 |9')
  }
})

test('what another program wrote has a gap before it, and ends at the head', async () => {
  const stream = new SharedStream()
  await stream.write((store) => write(store, 3))
  await stream.writeElsewhere((store) => write(store, 2, 2))
  await using reader = await readerOf(stream)
  expect(await operationsOf(reader)).toBe('|0 0 1 2 3 4 5 6 |7')
  expect(await operationsOf(reader, { to: 5n })).toBe('|0 0 1 2 |3 ?3 3 4 5')
  expect(await operationsOf(reader, { from: 4n, to: 5n })).toBe('?4 4 5')
  // A store takes it over; its records say the same.
  await stream.write((store) => write(store, 2))
  await using after = await readerOf(stream)
  expect(await operationsOf(after, { to: 5n })).toBe('|0 0 1 2 |3 ?3 3 4 5')
  expect(await operationsOf(after, { from: 7n })).toBe('|7 7 8 |9')
})

test('records of entries that another program has replaced do not count', async () => {
  const stream = new SharedStream()
  await stream.write((store) => write(store, 3, 2, 3, 2))
  await stream.writeElsewhere(async (store) => {
    await store.truncateFile(4n)
    await write(store, 9)
  })
  await using reader = await readerOf(stream)
  expect(await operationsOf(reader, { to: 11n })).toBe('|0 0 1 2 |3 ?3 3 4 5 6 7 8 9 10 11')
  expect(await operationsOf(reader)).toBe('|0 0 1 2 3 4 5 6 7 8 9 10 11 12 |13')
})

test('without a commit log only the head is a boundary', async () => {
  const stream = new SharedStream()
  await stream.write((store) => write(store, 3, 2))
  await stream.disk.remove(commitLogPath(FILE))
  await using reader = await readerOf(stream)
  expect(await operationsOf(reader)).toBe('|0 0 1 2 3 4 |5')
  expect(await operationsOf(reader, { to: 3n })).toBe('|0 ?0 0 1 2 3')
})

test('live, every commit is a boundary, and truncations leave those that are there', async () => {
  const stream = new SharedStream()
  await using store = await stream.open()
  await write(store, 2)
  const operations = store.operations()
  const next = async (): Promise<string> => {
    const { value } = await operations.next()
    return value === undefined ? 'done' : text(value)
  }
  expect([await next(), await next(), await next()]).toEqual(['|0', '0 1', '|2'])
  const waiting = next()
  await write(store, 3)
  expect([await waiting, await next()]).toEqual(['2 3 4', '|5'])
  await write(store, 2, 2)
  await store.truncateFile(7n)
  await write(store, 1)
  expect([await next(), await next()]).toEqual(['5 6 7', '|8'])
  await operations.return()
})

test('a followed file gives the boundaries of what is committed while it is read', async () => {
  const stream = new SharedStream()
  await using store = await stream.open()
  await write(store, 2)
  await using reader = await openReader({
    file: FILE,
    disk: stream.disk,
    index: new MemoryIndex(),
    follow: true,
    pollMs: 1,
  })
  const ends: bigint[] = []
  let next = 0n
  for await (const event of reader.operations({ to: 40n })) {
    if (event.kind === 'entries') next += BigInt(event.entries.length)
    else {
      expect(event).toMatchObject({ nextEntry: next, gap: false })
      ends.push(next)
      await write(store, 5)
    }
  }
  expect(ends[0]).toBe(0n)
  expect(ends.slice(1)).toEqual(expect.arrayContaining([2n, 37n]))
  for (const end of ends.slice(1)) expect((end - 2n) % 5n).toBe(0n)
})

test('every boundary that is given is one, whoever wrote what', async () => {
  const size = fc.integer({ min: 1, max: 6 })
  const history = fc.array(fc.record({ elsewhere: fc.boolean(), sizes: fc.array(size, { maxLength: 4 }) }), {
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(history, fc.nat(30), fc.nat(30), async (steps, start, length) => {
      const stream = new SharedStream()
      const ends = new Set([0])
      let total = 0
      for (const { elsewhere, sizes } of steps) {
        for (const one of sizes) {
          total += one
          ends.add(total)
        }
        await stream[elsewhere ? 'writeElsewhere' : 'write']((store) => write(store, ...sizes))
      }
      if (total === 0) return
      const from = start % total
      const to = Math.min(total - 1, from + length)
      await using reader = await readerOf(stream)
      let next = from
      for await (const event of reader.operations({ from: BigInt(from), to: BigInt(to) })) {
        if (event.kind === 'entries') {
          for (const { number } of event.entries) expect(number).toBe(BigInt(next++))
        } else {
          expect(event.nextEntry).toBe(BigInt(next))
          if (!event.gap) expect(ends).toContain(next)
        }
      }
      expect(next).toBe(to + 1)
    }),
  )
})
