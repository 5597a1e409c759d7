import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hasVectors, readVector, tempDir, vectorPath } from '@datastreamer/fixtures'
import { decodeHeaderPage } from '@datastreamer/format'
import { ClassicLevel } from 'classic-level'
import { describe, expect, test } from 'vitest'
import { RefusedError } from '../src/disk/errors.ts'
import { openReader } from '../src/reader/open-reader.ts'
import { openStore } from '../src/store/open-store.ts'
import type { StoreOptions } from '../src/store/store-options.ts'
import type { StreamStore } from '../src/store/stream-store.ts'
import { readAll } from './sim/read-all.ts'

const hex = (text: string): Uint8Array => (text === '-' ? new Uint8Array(0) : Uint8Array.from(Buffer.from(text, 'hex')))

/** Data of the recorded scripts: byte `j` of entry `n`. */
function ruled(number: bigint, length: number): Uint8Array {
  const n = Number(number)
  return Uint8Array.from({ length }, (_, j) => (n * 31 + j * 7 + 11) & 255)
}

/** Run one line of a recorded script; returns `ok`, `ok NUMBER` or the code of the refusal. */
async function perform(store: StreamStore, line: string): Promise<string> {
  const [verb = '', ...args] = line.split(' ')
  const [first = '', second = '', third = ''] = args
  const next = (): bigint => nextNumber
  try {
    switch (verb) {
      case 'start':
        nextNumber = store.getHeader().totalEntries
        store.startAtomicOp()
        return 'ok'
      case 'bm':
        return `ok ${advance(store.addStreamBookmark(hex(first)))}`
      case 'add':
        return `ok ${advance(store.addStreamEntry(Number(first), hex(second)))}`
      case 'addn':
        return `ok ${advance(store.addStreamEntry(Number(first), ruled(next(), Number(second))))}`
      case 'addc':
        return `ok ${advance(store.addStreamEntry(Number(first), new Uint8Array(Number(second)).fill(Number(third))))}`
      case 'commit':
        await store.commitAtomicOp()
        return 'ok'
      case 'rollback':
        store.rollbackAtomicOp()
        return 'ok'
      case 'truncate':
        await store.truncateFile(BigInt(first))
        return 'ok'
      case 'update':
        await store.updateEntryData(BigInt(first), Number(second), hex(third))
        return 'ok'
      default:
        throw new Error(`unknown line ${line}`)
    }
  } catch (error) {
    if (error instanceof RefusedError) return `refused ${error.code}`
    throw error
  }
}

let nextNumber = 0n
function advance(number: bigint): bigint {
  nextNumber = number + 1n
  return number
}

interface Recorded {
  readonly script: readonly (readonly [string, string])[]
  readonly bookmarks: Readonly<Record<string, number>>
  readonly usedLength: number
  readonly file: { readonly totalLength: number; readonly padding: readonly (readonly [number, number])[] }
}

const NAMES = [
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
]

describe.skipIf(!hasVectors('stream'))('compared with the Go server', () => {
  test.each(NAMES)('%s: the same script gives the same bytes and bookmarks', async (name) => {
    using dir = tempDir()
    const recorded = JSON.parse(Buffer.from(readVector('stream', `${name}.json`)).toString()) as Recorded
    const file = dir.join('stream.bin')
    {
      await using store = await openStore({ file, systemId: 137n, version: 1, fsync: 'never' })
      for (const [line, answer] of recorded.script) {
        const expected = answer.startsWith('ok') ? answer : expect.stringContaining('refused')
        expect(await perform(store, line)).toEqual(expected)
      }
    }
    const theirs = readVector('stream', `${name}.bin.gz`)
    const ours = readFileSync(file)
    const end = recorded.file.totalLength
    expect(ours.length).toBe(theirs.length)
    expect(ours.subarray(0, end).equals(theirs.subarray(0, end))).toBe(true)

    const level = new ClassicLevel<Uint8Array, Uint8Array>(dir.join('stream.db'), {
      keyEncoding: 'view',
      valueEncoding: 'view',
    })
    const found: Record<string, number> = {}
    for await (const [key, value] of level.iterator())
      found[Buffer.from(key).toString('hex')] = Number(Buffer.from(value).readBigUInt64BE())
    await level.close()
    const committed = Object.entries(recorded.bookmarks).filter(
      ([, number]) => number < Number(decodeHeaderPage(ours).totalEntries),
    )
    expect(found).toEqual(expect.objectContaining(Object.fromEntries(committed.filter(([key]) => key in found))))
    expect(Object.keys(found).length).toBeLessThanOrEqual(Object.keys(recorded.bookmarks).length)
  })

  test('a stream and index of the Go server are taken over, appended to and read again', async () => {
    using dir = tempDir()
    const file = dir.join('stream.bin')
    execFileSync('sh', [
      '-c',
      `gzip -dc ${vectorPath('stream', 'v02-basic.bin.gz')} > ${file} && tar -xzf ${vectorPath('stream', 'v02-basic.db.tar.gz')} -C ${dir.path}`,
    ])
    {
      await using store = await openStore({ file })
      expect(await store.getBookmark(hex('00112233445566778899aabbccddeeff'))).toBe(10n)
      store.startAtomicOp()
      expect(store.addStreamBookmark(hex('0b'))).toBe(13n)
      await store.commitAtomicOp()
    }
    await using reader = await openReader({ file })
    expect(await readAll(reader.log)).toHaveLength(14)
    expect(await reader.getBookmark(hex('0b'))).toBe(13n)
  })
})

async function openIn(dir: { join(name: string): string }, options: Partial<StoreOptions> = {}): Promise<StreamStore> {
  return openStore({ file: dir.join('data-stream.bin'), fsync: 'never', ...options })
}

test('commits, reads back and finds bookmarks after reopening', async () => {
  using dir = tempDir()
  {
    await using store = await openIn(dir, { fsync: 'commit' })
    store.startAtomicOp()
    expect(store.addStreamBookmark(Uint8Array.of(0, 1))).toBe(0n)
    expect(store.addStreamEntry(1, Uint8Array.of(1, 2, 3))).toBe(1n)
    expect(await store.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 2n })
    expect(await store.getBookmark(Uint8Array.of(0, 1))).toBe(0n)
  }
  await using store = await openIn(dir)
  expect(await readAll(store.log)).toHaveLength(2)
  const event = { type: 1, number: 1n, data: Uint8Array.of(1, 2, 3) }
  expect(await store.getFirstEventAfterBookmark(Uint8Array.of(0, 1))).toEqual(event)
})

test.each([1, 2] as const)('a file of header generation %i keeps its layout when appended to', async (generation) => {
  using dir = tempDir()
  const file = dir.join('data-stream.bin')
  await (await openStore({ file, generation, streamType: 1n })).close()
  {
    await using store = await openStore({ file })
    store.startAtomicOp()
    store.addStreamEntry(1, Uint8Array.of(5))
    await store.commitAtomicOp()
  }
  const header = decodeHeaderPage(readFileSync(file))
  expect(header).toMatchObject({ generation, totalLength: 4096 + 18, totalEntries: 1n, version: 0, systemId: 0n })
})

test('an entry that is too large is refused with a code, and the operation goes on', async () => {
  using dir = tempDir()
  await using store = await openIn(dir)
  store.startAtomicOp()
  store.addStreamEntry(1, new Uint8Array(1_048_559))
  expect(() => store.addStreamEntry(1, new Uint8Array(1_048_560))).toThrow(/the limit is 1048559/)
  expect(() => store.addStreamBookmark(new Uint8Array(17))).toThrow(/expected 1 to 16/)
  expect(store.addStreamEntry(2, Uint8Array.of(1))).toBe(1n)
  expect(await store.commitAtomicOp()).toEqual({ firstEntry: 0n, nextEntry: 2n })
  expect((await readAll(store.log)).map(({ data }) => data.length)).toEqual([1_048_559, 1])
})

test('every refused call says why and changes nothing', async () => {
  using dir = tempDir()
  await using store = await openIn(dir)
  const refused = (code: string): unknown => expect.objectContaining({ name: 'RefusedError', code })
  expect(() => store.addStreamEntry(1, new Uint8Array(1))).toThrow(refused('NO_ATOMIC_OP') as Error)
  expect(() => store.rollbackAtomicOp()).toThrow(refused('NO_ATOMIC_OP') as Error)
  await expect(store.commitAtomicOp()).rejects.toEqual(refused('NO_ATOMIC_OP'))
  await expect(store.truncateFile(0n)).rejects.toEqual(refused('ENTRY_NOT_FOUND'))
  await expect(store.updateEntryData(0n, 1, new Uint8Array(1))).rejects.toEqual(refused('ENTRY_NOT_FOUND'))
  await expect(store.getDataBetweenBookmarks(hex('01'), hex('02'))).rejects.toEqual(refused('BOOKMARK_NOT_FOUND'))
  store.startAtomicOp()
  expect(() => store.startAtomicOp()).toThrow(refused('ATOMIC_OP_IN_PROGRESS') as Error)
  await expect(store.truncateFile(0n)).rejects.toEqual(refused('ATOMIC_OP_IN_PROGRESS'))
  expect(() => store.addStreamEntry(2 ** 32, new Uint8Array(1))).toThrow(refused('BAD_ENTRY_TYPE') as Error)
  expect(() => store.addStreamBookmark(new Uint8Array(0))).toThrow(refused('BAD_BOOKMARK') as Error)
  store.addStreamEntry(3, hex('aabb'))
  await store.commitAtomicOp()
  await expect(store.updateEntryData(0n, 4, hex('ccdd'))).rejects.toEqual(refused('ENTRY_DIFFERS'))
  await expect(store.updateEntryData(0n, 3, hex('cc'))).rejects.toEqual(refused('ENTRY_DIFFERS'))
  expect(await store.getEntry(0n)).toEqual({ type: 3, number: 0n, data: hex('aabb') })
})

test('an update in place does not affect what an open operation adds to the same page', async () => {
  using dir = tempDir()
  await using store = await openIn(dir)
  const add = (data: Uint8Array): bigint => store.addStreamEntry(1, data)
  store.startAtomicOp()
  add(hex('010203'))
  await store.commitAtomicOp()
  store.startAtomicOp()
  add(hex('04'))
  await store.updateEntryData(0n, 1, hex('aabbcc'))
  add(hex('05'))
  await store.commitAtomicOp()
  const data = (await readAll(store.log)).map((entry) => Buffer.from(entry.data).toString('hex'))
  expect(data).toEqual(['aabbcc', '04', '05'])
})

test('a truncation at the entry that opens a page ends before the padding', async () => {
  using dir = tempDir()
  {
    await using store = await openIn(dir)
    store.startAtomicOp()
    for (let i = 0; i < 3; i++) store.addStreamEntry(1, new Uint8Array(600_000).fill(i))
    await store.commitAtomicOp()
    await store.truncateFile(1n)
    expect(store.getHeader()).toMatchObject({ totalLength: 4096 + 600_017, totalEntries: 1n })
  }
  await using store = await openIn(dir)
  store.startAtomicOp()
  store.addStreamEntry(2, hex('07'))
  await store.commitAtomicOp()
  expect((await readAll(store.log)).map(({ type }) => type)).toEqual([1, 2])
})

test('a large operation goes to disk before its commit, invisible to readers', async () => {
  using dir = tempDir()
  await using store = await openIn(dir, { spillBytes: 2 ** 20, tailPages: 2 })
  const data = new Uint8Array(500_000).fill(7)
  store.startAtomicOp()
  for (let i = 0; i < 120; i++) {
    store.addStreamEntry(1, data)
    await store.writable()
  }
  expect(store.getHeader().totalEntries).toBe(0n)
  expect(readFileSync(dir.join('data-stream.bin')).subarray(4096, 4098)).toEqual(Buffer.from([2, 0]))
  store.rollbackAtomicOp()
  store.startAtomicOp()
  store.addStreamEntry(2, Uint8Array.of(1))
  for (let i = 0; i < 50; i++) {
    store.addStreamEntry(1, data)
    await store.writable()
  }
  await store.commitAtomicOp()
  const all = await readAll(store.log)
  expect(all.map(({ type }) => type)).toEqual([2, ...Array(50).fill(1)])
})
