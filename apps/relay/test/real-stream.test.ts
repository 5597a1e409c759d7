import { writeFileSync } from 'node:fs'
import { StreamClient } from '@datastreamer/client'
import { hasVectors, readVector, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE } from '@datastreamer/format'
import { openReader } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { readEntries } from '../src/boundaries/read-entries.ts'
import { committed, expectEqualFiles } from './support/equal-files.ts'
import { FaultProxy } from './support/fault-proxy.ts'
import { ELSEWHERE, TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

describe.skipIf(!hasVectors('real-stream'))('the stream of a real network', () => {
  test.each([
    {
      name: 'with operation boundaries: the same bytes, and every bookmark is found',
      refuseBoundaries: false,
      every: 1,
      net: undefined,
    },
    { name: 'compressed: the same, looked at here and there', refuseBoundaries: false, every: 20, net: ELSEWHERE },
    {
      name: 'without, as behind the Go server: the same, looked at here and there',
      refuseBoundaries: true,
      every: 20,
      net: undefined,
    },
  ])('$name', async ({ refuseBoundaries, every, net }) => {
    using dir = tempDir()
    const file = dir.join('source.bin')
    writeFileSync(file, readVector('real-stream', 'data-stream.bin.gz'))
    await using source = await Source.start({ file, store: { systemId: 1n } })
    await using proxy = await FaultProxy.listen(source.port, { refuseBoundaries })
    const copies = [dir.join('near.bin'), dir.join('far.bin')] as const
    const args = ['--server', proxy.address, '--file', copies[0], '--fsync', 'never']
    await using near = await TestRelay.start(args, undefined, undefined, net)
    await using far = await TestRelay.start(['--server', near.address, '--file', copies[1], '--fsync', 'never'])
    await until('caught up', async () => (await near.total()) === source.total && (await far.total()) === source.total)
    expectEqualFiles(file, ...copies)
    expect((await source.server.counters()).compression.bytesSent > 0).toBe(net === ELSEWHERE)
    expect(committed(copies[1]).header).toEqual(committed(file).header)

    await using reader = await openReader({ file })
    await using client = new StreamClient({ host: '127.0.0.1', port: far.port, systemId: 1n })
    let asked: Promise<void>[] = []
    let bookmarks = 0
    for await (const { type, number, data } of readEntries(reader, 0n, source.total)) {
      if (type !== BOOKMARK_TYPE) continue
      if (bookmarks++ % every !== 0) continue
      const bookmark = data.slice()
      asked.push(
        client.getFirstEventAfterBookmark(bookmark).then((entry) => {
          if (entry?.number !== number + 1n) expect([number, entry?.number]).toEqual([number, number + 1n])
        }),
      )
      if (asked.length < 256) continue
      await Promise.all(asked)
      asked = []
    }
    await Promise.all(asked)
    expect(bookmarks).toBe(11_420)
  })
})
