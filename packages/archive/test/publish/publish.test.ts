import { type MemoryObjects, memoryObjects } from '@datastreamer/e2store/objects'
import type { Entry } from '@datastreamer/format'
import { formatVerifierKey } from '@datastreamer/format/signing'
import { generateStream } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { type History, openHistory } from '../../src/index.ts'
import { nodeCodecs, nodeZstdEncoder } from '../../src/node.ts'
import { keys, PublishHarness, until } from './publish-harness.ts'
import { storedZstd } from './stored-zstd.ts'

const publicKey = keys.map(formatVerifierKey)

function open(objects: MemoryObjects): Promise<History> {
  return openHistory(objects, { publicKey, codecs: nodeCodecs })
}

async function entriesOf(source: Pick<History, 'entries'>): Promise<Entry[]> {
  const all: Entry[] = []
  for await (const entry of source.entries()) all.push(entry)
  return all
}

describe('what is published', () => {
  test('is read back: all entries, by a reader that knows the key', async () => {
    const harness = new PublishHarness()
    harness.stream.append(200)
    const objects = memoryObjects()
    await harness.publish({ destination: objects, zstd: nodeZstdEncoder, rest: true })
    await using history = await open(objects)
    expect(history.getHeader()).toEqual(harness.stream.getHeader())
    expect(await entriesOf(history)).toEqual(harness.stream.all)
  })

  test('goes on where it ended, also with more leaves than a bundle has', async () => {
    const harness = new PublishHarness()
    const objects = memoryObjects()
    for (const [many, segments] of [
      [250, 250],
      [30, 280],
    ] as const) {
      // Segments of one entry each.
      for (let i = 0; i < many; i++) harness.stream.add([[{ type: 1, data: new Uint8Array(500) }]])
      await harness.publish({ destination: objects, rest: true })
      await using history = await open(objects)
      expect(history.size).toBe(1 + segments)
      expect(await entriesOf(history)).toEqual(harness.stream.all)
    }
    await using history = await open(objects)
    const before = objects.calls.length
    expect(await history.entry(3n)).toEqual(harness.stream.all[3])
    expect(objects.calls.slice(before).map(({ key }) => key)).toEqual([
      'tile/entries/000',
      expect.stringMatching(/^segment/),
    ])
  })

  test('has blocks that are found', async () => {
    const harness = new PublishHarness(1, { streamType: 1n })
    harness.stream.add(generateStream({ blocks: 60n, seed: 3n }))
    const objects = memoryObjects()
    await harness.publish({ destination: objects, zstd: nodeZstdEncoder, segmentBytes: 10_000, rest: true })
    await using history = await open(objects)
    expect((await history.segments()).length).toBeGreaterThan(3)
    expect(await history.block(40n)).toMatchObject({ number: 40n })
    expect(await entriesOf(history)).toEqual(harness.stream.all)
  })

  test('is written in an order in which nothing is referred to that is not there, with what caches may do', async () => {
    const harness = new PublishHarness()
    const objects = memoryObjects()
    for (let i = 0; i < 257; i++) harness.stream.add([[{ type: 1, data: new Uint8Array(500) }]])
    await harness.publish({ destination: objects })
    const puts = objects.calls.filter(({ method }) => method === 'put').map(({ key }) => key)
    expect(puts.slice(0, 7)).toEqual([
      ...['tile/entries/000.p/1', 'tile/0/000.p/1', 'checkpoint'],
      ...[expect.stringMatching(/^segment/), 'tile/entries/000.p/2', 'tile/0/000.p/2', 'checkpoint'],
    ])
    expect(puts.slice(-10)).toEqual([
      ...[expect.stringMatching(/^segment/), 'tile/entries/000', 'tile/0/000', 'tile/1/000.p/1', 'checkpoint'],
      ...[expect.stringMatching(/^segment/), 'tile/entries/001.p/1', 'tile/0/001.p/1', 'lookup/257', 'checkpoint'],
    ])
    const caching = (key: string): string | undefined => objects.stored.get(key)?.cacheControl
    expect(caching('checkpoint')).toBe('no-cache')
    expect(caching('tile/entries/000')).toBe('public, max-age=31536000, immutable')
    expect(caching('tile/0/000')).toBe('public, max-age=31536000, immutable')
    expect(caching(puts[3] ?? '')).toBe('public, max-age=31536000, immutable')
    for (const key of ['tile/entries/000.p/2', 'tile/0/000.p/2', 'tile/1/000.p/1', 'lookup/257']) {
      expect(caching(key)).toBe('public, max-age=3600')
    }
  })
})

describe('the lag', () => {
  test('in entries: a segment is sealed when the stream is longer by it', async () => {
    const harness = new PublishHarness()
    harness.stream.append(100)
    await harness.publish({ lag: { entries: 40 } })
    const { valid } = await harness.check()
    const end = Number(valid.at(-1)?.end.number)
    expect(end).toBeLessThanOrEqual(60)
    expect(end).toBeGreaterThan(30)
  })

  test('in blocks', async () => {
    const harness = new PublishHarness(1, { streamType: 1n })
    harness.stream.add(generateStream({ blocks: 60n, seed: 3n }))
    const last = 59n
    await harness.publish({ lag: { blocks: 20 }, segmentBytes: 3000 })
    const { nextEntry, block = 0n } = harness.published
    expect(nextEntry).toBeGreaterThan(0n)
    expect(block).toBeLessThanOrEqual(last - 20n)
    expect(block).toBeGreaterThan(last - 35n)
  })

  test('in blocks of a stream without any is refused', async () => {
    const harness = new PublishHarness()
    await expect(harness.publish({ lag: { blocks: 1 } })).rejects.toThrow(RangeError)
  })

  test('of more than is held while it is waited for: what no segments were made of is read again', async () => {
    const harness = new PublishHarness()
    const stop = new AbortController()
    const { compress } = storedZstd()
    let made = 0
    const zstd = {
      compress: (content: Uint8Array) => {
        if (harness.count('sealed') === 0) made++
        return compress(content)
      },
    }
    const run = harness.publish({ lag: { entries: 90 }, follow: true, signal: stop.signal, zstd })
    const caught = expect(run).rejects.toThrow('enough')
    for (let step = 0; step < 60; step++) {
      harness.stream.append(5)
      for (const event of harness.events) {
        if (event.kind !== 'sealed') continue
        expect(Number(event.leaf.end.number)).toBeLessThanOrEqual(harness.stream.length - 90)
      }
      await until(() => harness.stream.isRead)
    }
    await until(() => harness.published.nextEntry >= 190n)
    stop.abort(new Error('enough'))
    await caught
    expect(Number((await harness.check()).valid.at(-1)?.end.number)).toBeGreaterThan(190)
    expect(made).toBe(2)
  })
})

describe('following', () => {
  test('seals what comes, and begins an epoch where the stream was truncated', async () => {
    const harness = new PublishHarness()
    const stop = new AbortController()
    const caught = expect(harness.publish({ follow: true, signal: stop.signal })).rejects.toThrow('enough')
    harness.stream.append(50)
    await until(() => harness.published.nextEntry > 30n && harness.count('confirmed') > 0)
    harness.stream.truncate(15)
    await until(() => harness.events.some((event) => event.kind === 'epoch' && event.leaf.epoch === 1))
    harness.stream.append(50)
    await until(() => harness.published.nextEntry > 50n)
    stop.abort(new Error('enough'))
    await caught
    const chain = await harness.check()
    expect(chain.last?.epoch).toBe(1)
    expect(chain.valid.filter(({ epoch }) => epoch === 0).length).toBeGreaterThan(0)
  })

  test('begins an epoch at once where the stream is shorter than the history', async () => {
    const harness = new PublishHarness()
    harness.stream.append(60)
    await harness.publish({ rest: true })
    harness.stream.truncate(30)
    const stop = new AbortController()
    const caught = expect(harness.publish({ follow: true, signal: stop.signal })).rejects.toThrow('enough')
    await until(() => harness.published.nextEntry <= 30n)
    stop.abort(new Error('enough'))
    await caught
    expect((await harness.check()).last).toMatchObject({ kind: 'epoch', epoch: 1 })
  })

  test('looks at what it published again some time later', async () => {
    const harness = new PublishHarness()
    harness.stream.append(50)
    await harness.publish()
    expect(harness.events.at(-1)).toEqual({ kind: 'confirmed', size: (await harness.check()).size })
  })
})
