import { tempDir } from '@datastreamer/fixtures'
import { openStore, type StreamStore } from '@datastreamer/store'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Archive, restoreArchive, verifyBeginning } from '../src/index.ts'
import { archiveOf, blocks, damaged, type MemorySegment, openMemory } from './support/streams.ts'

describe('an archive is restored into a store', () => {
  const stream = blocks(100)
  let segments: MemorySegment[] = []
  let archive: Archive

  beforeAll(async () => {
    segments = await archiveOf(stream)
    archive = await openMemory(segments)
  })

  const storeIn = (dir: ReturnType<typeof tempDir>): Promise<StreamStore> =>
    openStore({ file: dir.join('s.bin'), fsync: 'never', ...archive.getHeader() })

  async function holdsAll(store: StreamStore): Promise<void> {
    const entries = []
    for await (const { type, number, data } of store.entries({ follow: false })) {
      entries.push({ type, number, data: data.slice() })
    }
    expect(entries).toEqual(stream.all)
    expect(store.getHeader()).toEqual(stream.getHeader())
  }

  test('whole, in several steps, and not twice', async () => {
    using dir = tempDir()
    await using store = await storeIn(dir)
    const begin = await openMemory(segments.slice(0, 2))
    const { after } = await restoreArchive(begin, store)
    expect(after).toBe(begin.getHeader().totalEntries)
    // Inside a segment.
    await store.truncateFile(after - 7n)
    await restoreArchive(archive, store)
    await holdsAll(store)
    const total = stream.getHeader().totalEntries
    expect(await restoreArchive(archive, store)).toEqual({ before: total, after: total })
  })

  test('as far as whole segments go, if it is interrupted or a segment is damaged', async () => {
    using dir = tempDir()
    await using store = await storeIn(dir)
    const stop = new AbortController()
    const onProgress = (bytes: number, total: number): void => {
      if (bytes > total / 2) stop.abort(new Error('stopped'))
    }
    await expect(restoreArchive(archive, store, { signal: stop.signal, onProgress })).rejects.toThrow('stopped')
    const starts = archive.segments.map(({ header }) => header.start.number)
    const { totalEntries } = store.getHeader()
    expect(totalEntries).toBeGreaterThan(0n)
    expect(starts).toContain(totalEntries)
    const next = starts.indexOf(totalEntries)
    const broken = segments.map((segment, i) => (i === next ? { ...segment, bytes: damaged(segment.bytes) } : segment))
    await expect(restoreArchive(await openMemory(broken), store)).rejects.toMatchObject({ step: 'verify' })
    expect(store.getHeader().totalEntries).toBe(totalEntries)
    await restoreArchive(archive, store)
    await holdsAll(store)
  })

  test('only where the stream so far is the same', async () => {
    using dir = tempDir()
    await using store = await storeIn(dir)
    await restoreArchive(await openMemory(await archiveOf(blocks(3, 2n))), store)
    const { totalEntries } = store.getHeader()
    await expect(restoreArchive(archive, store)).rejects.toMatchObject({ code: 'TARGET_DIFFERS' })
    const later = await openMemory(segments.slice(1))
    await expect(restoreArchive(later, store)).rejects.toMatchObject({ code: 'GAP' })
    await expect(verifyBeginning(later, 'new')).rejects.toMatchObject({ code: 'GAP' })
    expect(store.getHeader().totalEntries).toBe(totalEntries)
  })
})
