import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { encodeEntry, encodeHeaderPage, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { MemoryIndex } from '../src/bookmarks/memory-index.ts'
import { openReader } from '../src/index.ts'
import { DamagedFiles, HEADER, positionOf, TOTAL, u64 } from './damaged-files.ts'
import { readAll } from './sim/read-all.ts'

test('a stream whose first entry is not number 0 is not opened', async () => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  const entry = encodeEntry({ type: 1, number: 5n, data: new Uint8Array(3) })
  const totals = { totalLength: pageStart(0) + entry.length, totalEntries: 6n }
  const header = encodeHeaderPage({ generation: 3, version: 2, systemId: 1n, streamType: 1n, ...totals })
  const padding = new Uint8Array(PAGE_BYTES - entry.length)
  writeFileSync(file, Buffer.concat([header, entry, padding]))
  const where = { code: 'BAD_NUMBER', position: pageStart(0) + 9, page: 0, entryNumber: 0n }
  await expect(openReader({ file })).rejects.toMatchObject(where)
})

test('nothing is read from a last page that does not follow the one before', async () => {
  using files = await DamagedFiles.make()
  const first = Array.from({ length: Number(TOTAL) }, (_, number) => number).find((n) => positionOf(n) === pageStart(2))
  if (first === undefined) throw new Error('no entry opens the last page')
  const file = files.damaged((_, poke) => {
    for (let number = first; number < TOTAL; number++) poke(positionOf(number) + 9, u64(number + 1000))
    poke(HEADER.totalEntries, u64(TOTAL + 1000n))
  })
  await using reader = await openReader({ file, index: new MemoryIndex() })
  const where = { code: 'BAD_NUMBER', position: pageStart(2) + 9, page: 2, entryNumber: BigInt(first) }
  await expect(readAll(reader.log)).rejects.toMatchObject(where)
  await expect(reader.getEntry(BigInt(first))).rejects.toMatchObject({ code: 'BAD_NUMBER' })
})
