import { writeFileSync } from 'node:fs'
import { hasVectors, readVector, tempDir } from '@datastreamer/fixtures'
import { type Entry, encodeEntry } from '@datastreamer/format'
import { StreamServer } from '@datastreamer/server'
import { openReader, openStore, type StreamReader } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { connect, StreamClient } from '../src/index.ts'
import { bookmarkAt, entriesOf, plain } from './support/entries.ts'
import { collect, failure, near } from './support/options.ts'

async function serve(reader: StreamReader) {
  const server = new StreamServer({ reader })
  await server.listen(0)
  const { address } = server
  if (address === undefined) throw new Error('not listening')
  return { ...address, [Symbol.asyncDispose]: () => server.close({ graceMs: 100 }) }
}

/** A store that commits operations of 1 to 7 entries, as {@link entriesOf} makes them up. */
async function growing(path: string) {
  const store = await openStore({ file: path, systemId: 779n, version: 2, streamType: 1n, fsync: 'never' })
  const ends: number[] = [0]
  let next = 0
  return {
    store,
    ends,
    async commit(): Promise<void> {
      const size = 1 + (ends.length % 7)
      store.startAtomicOp()
      for (const { type, data } of entriesOf(next, next + size)) {
        if (type === 0xb0) store.addStreamBookmark(data)
        else store.addStreamEntry(type, data)
      }
      next += size
      ends.push(next)
      await store.commitAtomicOp()
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

describe('a server that is being written to', () => {
  test('is followed without a gap, from everywhere, while it commits', async () => {
    using dir = tempDir()
    await using writer = await growing(dir.join('stream.bin'))
    await using server = await serve(writer.store)
    await using client = await connect(near(server))
    const last = 799
    const readers: Promise<Entry[]>[] = []
    while ((writer.ends.at(-1) ?? 0) <= last) {
      await writer.commit()
      if (writer.ends.length % 20 === 0) readers.push(collect(client.entries({ from: 'latest', to: BigInt(last) })))
    }
    readers.push(collect(client.entries({ to: BigInt(last) })))
    readers.push(collect(client.getRange(bookmarkAt(0n), bookmarkAt(795n))))
    const all = await Promise.all(readers)
    for (const entries of all.slice(0, -2)) expect(plain(entries)).toEqual(entriesOf(800 - entries.length, 800))
    expect(all.at(-2)).toHaveLength(800)
    expect(all.at(-1)).toHaveLength(796)
  })

  test('operation boundaries are only where operations end', async () => {
    using dir = tempDir()
    await using writer = await growing(dir.join('stream.bin'))
    await using server = await serve(writer.store)
    await using client = new StreamClient(near(server))
    for (let i = 0; i < 10; i++) await writer.commit()
    const boundaries: number[] = []
    let position = 0
    for await (const event of client.events({ boundaries: true })) {
      if (event.kind === 'connected') expect(event.boundaries).toBe(true)
      else if (event.kind === 'entries') position += event.entries.length
      else if (event.kind === 'operationBoundary') {
        expect(Number(event.nextEntry)).toBe(position)
        boundaries.push(position)
        if (writer.ends.length > 40) break
        await writer.commit()
      }
    }
    expect(boundaries.length).toBeGreaterThan(20)
    expect(boundaries.filter((boundary) => !writer.ends.includes(boundary))).toEqual([])
  })

  test('reports a truncation to those who read past it', async () => {
    using dir = tempDir()
    await using writer = await growing(dir.join('stream.bin'))
    await using server = await serve(writer.store)
    await using client = new StreamClient(near(server))
    for (let i = 0; i < 10; i++) await writer.commit()
    const total = BigInt(writer.ends.at(-1) ?? 0)
    const entries = client.entries()
    for (let number = 0n; number < total; number++) expect((await entries.next()).value).toMatchObject({ number })
    const waiting = failure(entries.next())
    await writer.store.truncateFile(total - 3n)
    expect(await waiting).toMatchObject({
      name: 'TruncatedError',
      lastDelivered: total - 1n,
      totalEntries: total - 3n,
    })
  })
})

describe.skipIf(!hasVectors('real-stream'))('the stream of a real network', () => {
  test('comes whole', async () => {
    using dir = tempDir()
    const facts = JSON.parse(Buffer.from(readVector('real-stream', 'facts.json')).toString())
    writeFileSync(dir.join('stream.bin'), readVector('real-stream', 'data-stream.bin.gz'))
    await using reader = await openReader({ file: dir.join('stream.bin') })
    await using server = await serve(reader)
    await using client = await connect(near(server))
    expect(await client.getHeader()).toEqual(reader.getHeader())
    let bytes = 4096 + facts.padding
    const types: Record<string, number> = {}
    const bookmarks: Entry[] = []
    for await (const batch of client.batches({ follow: false })) {
      for (const entry of batch) {
        bytes += encodeEntry(entry).length
        types[entry.type] = (types[entry.type] ?? 0) + 1
        if (entry.type === 0xb0) bookmarks.push(entry)
      }
    }
    expect(types).toEqual(facts.types)
    expect(bytes).toBe(facts.totalLength)
    const some = bookmarks.filter((_, i) => i % 100 === 0)
    const found = await Promise.all(some.map(({ data }) => client.getFirstEventAfterBookmark(data)))
    expect(found.every((entry, i) => entry !== undefined && entry.number > (some[i]?.number ?? 0n))).toBe(true)
    for (const [i, { data, number }] of some.slice(0, -1).entries()) {
      const to = some[i + 1]
      if (to === undefined) break
      const range = await collect(client.getRange(data, to.data))
      expect([range[0]?.number, range.length]).toEqual([number, Number(to.number - number) + 1])
    }
  })
})
