import { truncateSync, writeFileSync } from 'node:fs'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { MAX_ENTRY_DATA_BYTES, pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyStream } from '../src/check.ts'
import { openStore } from '../src/index.ts'
import {
  type Change,
  COMMITS,
  DATA_BYTES,
  DamagedFiles,
  drain,
  HEADER,
  PER_COMMIT,
  positionOf,
  TOTAL,
  u64,
  verify,
} from './damaged-files.ts'

let files: DamagedFiles
beforeAll(async () => {
  files = await DamagedFiles.make()
})
afterAll(() => files[Symbol.dispose]())

describe('verify', () => {
  test('finds a whole file whole', async () => {
    const { damages, result } = await verify(files.master)
    // Two commits go on in the next page, and have a checksum for each.
    expect(damages).toEqual([])
    expect(result).toMatchObject({ entries: TOTAL, bookmarks: BigInt(COMMITS), checksums: COMMITS + 2, damages: 0 })
    expect(result.whole).toEqual({ totalLength: result.header?.totalLength, totalEntries: TOTAL })
    // Three pages are in use, two of which end in padding.
    const bytes = COMMITS * (PER_COMMIT - 1) * (17 + DATA_BYTES) + COMMITS * 18
    expect(result.paddingBytes).toBe((result.header?.totalLength ?? 0) - 4096 - bytes)
  })

  const secondPage = pageStart(1)
  test.each<[code: string, entry: bigint | undefined, change: Change]>([
    ['BAD_MAGIC', undefined, (_, poke) => poke(0, Uint8Array.of(0x71))],
    ['BAD_HEADER', undefined, (_, poke) => poke(16, Uint8Array.of(9))],
    ['BAD_HEADER', undefined, (_, poke) => poke(20, Uint8Array.of(77))],
    ['BAD_HEADER', undefined, (file) => truncateSync(file, 30)],
    ['WRONG_STREAM_TYPE', undefined, (_, poke) => poke(HEADER.type, u64(5))],
    ['CUT_PAGE', undefined, (file) => truncateSync(file, pageStart(3) + 1000)],
    ['LENGTH_PAST_END', undefined, (_, poke) => poke(HEADER.totalLength, u64(1n << 40n))],
    ['LENGTH_PAST_END', undefined, (_, poke) => poke(HEADER.totalLength, u64(17))],
    ['LENGTH_NOT_AT_ENTRY_END', TOTAL - 1n, (_, poke) => poke(HEADER.totalLength, u64(positionOf(299) + 3000))],
    ['LENGTH_NOT_AT_ENTRY_END', 299n, (_, poke) => poke(HEADER.totalLength, u64(positionOf(299) + 3))],
    ['ENTRIES_MISMATCH', undefined, (_, poke) => poke(HEADER.totalEntries, u64(TOTAL + 1n))],
    ['BAD_PACKET', 55n, (_, poke) => poke(positionOf(55), Uint8Array.of(7))],
    ['BAD_LENGTH', 55n, (_, poke) => poke(positionOf(55) + 1, Uint8Array.of(0, 0, 0, 16))],
    ['BAD_LENGTH', 55n, (_, poke) => poke(positionOf(55) + 1, Uint8Array.of(0xff, 0, 0, 0))],
    ['CROSSES_PAGE', 55n, (_, poke) => poke(positionOf(55) + 1, Uint8Array.of(0, 0x0f, 0xff, 0xff))],
    ['BAD_NUMBER', 55n, (_, poke) => poke(positionOf(55) + 9, u64(56))],
    ['PADDING', 55n, (_, poke) => poke(positionOf(55), Uint8Array.of(0))],
    ['PADDING', 295n, (_, poke) => poke(positionOf(295), Uint8Array.of(0))],
    ['PADDING', undefined, (_, poke) => poke(secondPage, Uint8Array.of(0))],
    ['BAD_PACKET', undefined, (_, poke) => poke(secondPage, Uint8Array.of(0xff))],
    ['BAD_CHECKSUM', 50n, (_, poke) => poke(positionOf(55) + 40, Uint8Array.of(0xee))],
  ])('tells %s at entry %s', async (code, entry, change) => {
    const { damages, result } = await verify(files.damaged(change))
    const [first] = damages
    expect(first?.code).toBe(code)
    if (entry !== undefined) expect(first?.entryNumber).toBe(entry)
    expect(result.damages).toBe(damages.length)
  })

  test('reports the position of damage, and goes on after it', async () => {
    const file = files.damaged((_, poke) => {
      poke(positionOf(55), Uint8Array.of(7))
      poke(positionOf(250) + 9, u64(1000))
    })
    const { damages, result } = await verify(file)
    const structural = damages.filter(({ code }) => code !== 'BAD_CHECKSUM')
    expect(structural.map(({ code, position, page, entryNumber }) => ({ code, position, page, entryNumber }))).toEqual([
      { code: 'BAD_PACKET', position: positionOf(55), page: 0, entryNumber: 55n },
      { code: 'BAD_NUMBER', position: positionOf(250) + 9, page: 2, entryNumber: 250n },
      { code: 'BAD_NUMBER', position: positionOf(251) + 9, page: 2, entryNumber: 1001n },
    ])
    expect(damages[0]?.message).toContain(
      `packet type 7, expected an entry (2) or padding (0) at byte ${positionOf(55)} (page 0), entry 55`,
    )
    const checksums = damages.filter(({ code }) => code === 'BAD_CHECKSUM')
    expect(checksums.map(({ entryNumber }) => entryNumber)).toEqual([50n, 250n])
    expect(result.whole).toEqual({ totalLength: positionOf(55), totalEntries: 55n })
    expect(result.wholeOperations).toEqual({ totalLength: positionOf(50), totalEntries: 50n })
  })

  test('joins adjacent damaged commits', async () => {
    const file = files.damaged((_, poke) => {
      for (const entry of [55, 65, 75, 95]) poke(positionOf(entry) + 40, Uint8Array.of(0xee))
    })
    const { damages } = await verify(file)
    expect(damages.map(({ message }) => /entries \d+ to \d+/.exec(message)?.[0])).toEqual([
      'entries 50 to 79',
      'entries 90 to 99',
    ])
  })

  test('does not report what another program has written over the end', async () => {
    const file = files.damaged((_, poke) => {
      // As after a truncation and a new commit by a program that ignores the commit log.
      poke(HEADER.totalLength, u64(positionOf(295)))
      poke(HEADER.totalEntries, u64(295))
      poke(positionOf(285) + 40, Uint8Array.of(0xee))
    })
    expect((await verify(file)).damages).toEqual([])
  })

  test('works without a commit log, or with a truncated one', async () => {
    const file = files.damaged((path) => truncateSync(path.replace('.bin', '.commits'), 4096 + 24 * 5 + 7))
    expect((await verify(file)).result).toMatchObject({ damages: 0, checksums: 5 })
  })

  test('ends when it is aborted', async () => {
    await expect(
      drain(verifyStream({ file: files.master, signal: AbortSignal.abort(new Error('enough')) })),
    ).rejects.toThrow('enough')
  })
})

describe('largest entries', () => {
  test('pages that are exactly full are whole', async () => {
    const file = files.path('full.bin')
    const store = await openStore({ file })
    for (let i = 0; i < 3; i++) {
      store.startAtomicOp()
      store.addStreamEntry(1, new Uint8Array(MAX_ENTRY_DATA_BYTES))
      await store.commitAtomicOp()
    }
    await store.close()
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 3n, paddingBytes: 0 })
  })
})

describe.skipIf(!hasVectors('real-stream'))('the recorded stream', () => {
  test('is whole, and a flipped bit in a head is found', async () => {
    const facts: { readonly padding: number } = JSON.parse(
      new TextDecoder().decode(readVector('real-stream', 'facts.json')),
    )
    const bytes = readVector('real-stream', 'data-stream.bin.gz')
    const file = files.path('real.bin')
    writeFileSync(file, bytes.subarray(0, pageStart(6)))
    const { result } = await verify(file)
    expect(result).toMatchObject({ damages: 0, entries: 34_723n, bookmarks: 11_420n, paddingBytes: facts.padding })
    bytes.set([0x40], 4096 + 1)
    writeFileSync(file, bytes.subarray(0, pageStart(6)))
    expect((await verify(file)).damages[0]?.code).toBe('BAD_LENGTH')
  })
})
