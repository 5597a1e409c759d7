import { createHash } from 'node:crypto'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { viewOf } from '../src/bytes.ts'
import {
  decodeEntry,
  decodeHeaderPage,
  type Entry,
  encodeEntry,
  encodeHeaderEntry,
  encodeHeaderPage,
  type Header,
  isWholePages,
  PAGE_BYTES,
  pageStart,
  pagesInUse,
  readEntries,
  sameEntry,
  walkRun,
} from '../src/index.ts'
import { hex } from './support.ts'

interface Found {
  readonly header: Header
  readonly entries: readonly (Entry & { readonly offset: number })[]
  /** Offset and length of each. */
  readonly padding: readonly (readonly [number, number])[]
}

/** Walk and decode all that is committed; every entry must encode to the bytes that it was decoded from. */
function readFile(file: Uint8Array): Found {
  const view = viewOf(file)
  const header = decodeHeaderPage(file)
  const entries: (Entry & { offset: number })[] = []
  const padding: [number, number][] = []
  for (let page = 0; page < pagesInUse(header.totalLength); page++) {
    const end = Math.min(pageStart(page) + PAGE_BYTES, header.totalLength)
    const run = walkRun(view, pageStart(page), end, BigInt(entries.length))
    if (run.stop === 'padding') padding.push([run.end, end - run.end])
    expect(run.stop).not.toBe('incomplete')
    let at = pageStart(page)
    for (let i = 0; i < run.count; i++) {
      const entry = decodeEntry(view, at)
      if (entry === undefined) throw new Error(`no whole entry at ${at}`)
      const bytes = encodeEntry(entry)
      if (Buffer.compare(bytes, file.subarray(at, at + bytes.length)) !== 0) throw new Error(`other bytes at ${at}`)
      entries.push({ ...entry, offset: at })
      at += bytes.length
    }
    expect(at).toBe(run.end)
  }
  return { header, entries, padding }
}

/** How many entries the reader of whole files gives; they must be those that a walk of the pages found. */
async function readAgain(file: Uint8Array, { header, entries }: Found): Promise<number> {
  const reading = readEntries(file)
  let count = 0
  for await (const entry of reading) {
    const walked = entries[count++]
    if (walked === undefined || !sameEntry(entry, walked)) throw new Error(`another entry ${entry.number}`)
  }
  expect(await reading.header).toEqual(header)
  return count
}

interface FileFacts {
  readonly file: {
    readonly headerHex: string
    readonly version: number
    readonly systemID: string
    readonly streamType: string
    readonly totalLength: number
    readonly totalEntries: number
    readonly fileSize: number
    readonly padding: readonly (readonly [number, number])[]
    readonly entries: readonly {
      readonly number: number
      readonly type: number
      readonly length: number
      readonly offset: number
      readonly sha256: string
    }[]
  }
}

const json = (...parts: readonly string[]): unknown => JSON.parse(Buffer.from(readVector(...parts)).toString())

describe.skipIf(!hasVectors('stream'))('files of the Go server', () => {
  test.each([
    'v01-empty',
    'v02-basic',
    'v03-page-padding',
    'v04-pad-1',
    'v05a-page-full-last',
    'v06b-rollback-then-more',
    'v07b-truncate-then-more',
    'v08-update',
    'v09-uncommitted',
    'v10-extended',
  ])('%s', async (name) => {
    const { file: facts } = json('stream', `${name}.json`) as FileFacts
    const file = readVector('stream', `${name}.bin.gz`)
    expect(file.length).toBe(facts.fileSize)
    expect(isWholePages(file.length)).toBe(true)

    const found = readFile(file)
    const { header, entries, padding } = found
    expect(await readAgain(file, found)).toBe(entries.length)
    expect(header).toEqual({
      generation: 3,
      version: facts.version,
      systemId: BigInt(facts.systemID),
      streamType: BigInt(facts.streamType),
      totalLength: facts.totalLength,
      totalEntries: BigInt(facts.totalEntries),
    })
    expect(encodeHeaderEntry(header)).toEqual(hex(facts.headerHex))
    expect(Buffer.compare(encodeHeaderPage(header), file.subarray(0, 4096))).toBe(0)
    expect(padding).toEqual(facts.padding)
    expect(
      entries.map(({ number, type, data, offset }) => ({
        number: Number(number),
        type,
        length: 17 + data.length,
        offset,
        sha256: createHash('sha256').update(data).digest('hex'),
      })),
    ).toEqual(
      facts.entries.map(({ number, type, length, offset, sha256 }) => ({ number, type, length, offset, sha256 })),
    )
  })
})

describe.skipIf(!hasVectors('real-stream'))('a stream of a real network', () => {
  test('every entry decodes and encodes to its own bytes', async () => {
    const facts = json('real-stream', 'facts.json') as {
      readonly totalLength: number
      readonly totalEntries: number
      readonly padding: number
      readonly types: Readonly<Record<string, number>>
    }
    const file = readVector('real-stream', 'data-stream.bin.gz')
    const found = readFile(file)
    const { header, entries, padding } = found
    expect(await readAgain(file, found)).toBe(entries.length)
    expect(header).toMatchObject({ generation: 3, version: 2, systemId: 1n, streamType: 1n })
    expect(header).toMatchObject({ totalLength: facts.totalLength, totalEntries: BigInt(facts.totalEntries) })
    expect(entries.length).toBe(facts.totalEntries)
    expect(padding.reduce((sum, [, length]) => sum + length, 0)).toBe(facts.padding)
    const types: Record<string, number> = {}
    for (const { type } of entries) types[type] = (types[type] ?? 0) + 1
    expect(types).toEqual(facts.types)
  })
})
