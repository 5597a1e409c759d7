import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hasVectors, readVector, tempDir } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE, MAX_ENTRY_DATA_BYTES, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Boundaries,
  type DamageError,
  openReader,
  openStore,
  planRecovery,
  type RecoveryPlan,
  recoverStream,
  reindexStream,
  type VerifyEvent,
  type VerifySummary,
  verifyStream,
} from '../src/index.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const master = folder.join('master.bin')
/** Commits of the master file: 30 of 10 entries each, the first a bookmark. */
const COMMITS = 30
const PER_COMMIT = 10
const TOTAL = BigInt(COMMITS * PER_COMMIT)
const DATA_BYTES = 10_000
const HEADER = { totalLength: 16 + 22, totalEntries: 16 + 30, type: 16 + 14 }

beforeAll(async () => {
  const store = await openStore({ file: master, systemId: 7n })
  for (let commit = 0; commit < COMMITS; commit++) {
    store.startAtomicOp()
    store.addStreamBookmark(Uint8Array.of(commit))
    for (let i = 1; i < PER_COMMIT; i++) store.addStreamEntry(i, new Uint8Array(DATA_BYTES).fill(commit))
    await store.commitAtomicOp()
  }
  await store.close()
  // What is not in use only makes the copies slow.
  truncateSync(master, pageStart(3))
})

let copies = 0

/** A copy of the master file, changed. */
function damaged(change: (file: string, poke: (position: number, bytes: Uint8Array) => void) => void): string {
  const file = folder.join(`copy-${copies++}.bin`)
  copyFileSync(master, file)
  copyFileSync(master.replace('.bin', '.commits'), file.replace('.bin', '.commits'))
  change(file, (position, bytes) => {
    const handle = openSync(file, 'r+')
    writeSync(handle, bytes, 0, bytes.length, position)
    closeSync(handle)
  })
  return file
}

function u64(value: bigint | number): Uint8Array {
  const out = Buffer.alloc(8)
  out.writeBigUInt64BE(BigInt(value))
  return out
}

/** Position of an entry of the master file, counted by its sizes. */
function positionOf(number: number): number {
  let position = 4096
  for (let i = 0; ; i++) {
    const length = 17 + (i % PER_COMMIT === 0 ? 1 : DATA_BYTES)
    const left = PAGE_BYTES - ((position - 4096) % PAGE_BYTES)
    if (length > left) position += left
    if (i === number) return position
    position += length
  }
}

interface Checked<T> {
  readonly damages: readonly DamageError[]
  readonly result: T
}

async function drain<T>(events: AsyncGenerator<VerifyEvent, T, void>): Promise<Checked<T>> {
  const damages: DamageError[] = []
  for (;;) {
    const step = await events.next()
    if (step.done === true) return { damages, result: step.value }
    if (step.value.kind === 'damage') damages.push(step.value.error)
  }
}

function verify(file: string): Promise<Checked<VerifySummary>> {
  return drain(verifyStream({ file, streamType: 1n }))
}

/** The last entry of each operation of the master file is of type 9, the first is a bookmark. */
const byLast: Boundaries = { push: ({ type }) => (type === PER_COMMIT - 1 ? 'after' : undefined) }
const byFirst: Boundaries = { push: ({ type }) => (type === BOOKMARK_TYPE ? 'before' : undefined) }

async function planOf(file: string, boundaries?: Boundaries): Promise<RecoveryPlan> {
  const { result } = await drain(planRecovery({ file, streamType: 1n, boundaries }))
  if (result === undefined) throw new Error('nothing to recover')
  return result
}

describe('verify', () => {
  test('finds a whole file whole', async () => {
    const { damages, result } = await verify(master)
    expect(damages).toEqual([])
    expect(result).toMatchObject({ entries: TOTAL, bookmarks: BigInt(COMMITS), checkedCommits: COMMITS, damages: 0 })
    expect(result.whole).toEqual({ totalLength: result.header?.totalLength, totalEntries: TOTAL })
    // Three pages are in use, two of which end in padding.
    const bytes = COMMITS * (PER_COMMIT - 1) * (17 + DATA_BYTES) + COMMITS * 18
    expect(result.paddingBytes).toBe((result.header?.totalLength ?? 0) - 4096 - bytes)
  })

  const secondPage = pageStart(1)
  test.each<[code: string, entry: bigint | undefined, change: Parameters<typeof damaged>[0]]>([
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
    const { damages, result } = await verify(damaged(change))
    const [first] = damages
    expect(first?.code).toBe(code)
    if (entry !== undefined) expect(first?.entryNumber).toBe(entry)
    expect(result.damages).toBe(damages.length)
  })

  test('says where the damage lies, and goes on behind it', async () => {
    const file = damaged((_, poke) => {
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

  test('joins commits that are damaged one behind the other', async () => {
    const file = damaged((_, poke) => {
      for (const entry of [55, 65, 75, 95]) poke(positionOf(entry) + 40, Uint8Array.of(0xee))
    })
    const { damages } = await verify(file)
    expect(damages.map(({ message }) => /entries \d+ to \d+/.exec(message)?.[0])).toEqual([
      'entries 50 to 79',
      'entries 90 to 99',
    ])
  })

  test('takes what another program wrote over the end for what it is', async () => {
    const file = damaged((_, poke) => {
      // As after a truncation and a new commit by a program that knows no commit log.
      poke(HEADER.totalLength, u64(positionOf(295)))
      poke(HEADER.totalEntries, u64(295))
      poke(positionOf(285) + 40, Uint8Array.of(0xee))
    })
    expect((await verify(file)).damages).toEqual([])
  })

  test('does without a commit log, or with a cut one', async () => {
    const file = damaged((path) => truncateSync(path.replace('.bin', '.commits'), 4096 + 24 * 5 + 7))
    expect((await verify(file)).result).toMatchObject({ damages: 0, checkedCommits: 5 })
  })

  test('ends when it is told to', async () => {
    await expect(drain(verifyStream({ file: master, signal: AbortSignal.abort(new Error('enough')) }))).rejects.toThrow(
      'enough',
    )
  })
})

describe('recover', () => {
  test('leaves a whole file alone', async () => {
    expect((await drain(planRecovery({ file: master }))).result).toBeUndefined()
  })

  test('cuts back to the last whole operation, and keeps what it cuts', async () => {
    const file = damaged((_, poke) => poke(positionOf(55), Uint8Array.of(7)))
    const before = readFileSync(file)
    const plan = await planOf(file, byLast)
    expect(plan).toMatchObject({ lostEntries: TOTAL - 50n, atOperationEnd: true })
    expect(plan.to).toEqual({ totalLength: positionOf(50), totalEntries: 50n })
    expect(readFileSync(file).equals(before)).toBe(true)

    const { copy, bookmarks } = await recoverStream(plan)
    expect(bookmarks).toBe(5)
    const kept = readFileSync(copy)
    expect(kept.subarray(0, 4096).equals(before.subarray(0, 4096))).toBe(true)
    expect(kept.subarray(4096).equals(before.subarray(plan.to.totalLength, plan.header.totalLength))).toBe(true)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 50n })

    await using store = await openStore({ file, streamType: 1n, systemId: 7n })
    expect(await store.getBookmark(Uint8Array.of(4))).toBe(40n)
    expect(await store.getBookmark(Uint8Array.of(5))).toBeUndefined()
    store.startAtomicOp()
    expect(store.addStreamBookmark(Uint8Array.of(5))).toBe(50n)
    await store.commitAtomicOp()
    expect(await store.getBookmark(Uint8Array.of(5))).toBe(50n)
  })

  test('cuts back to the last whole entry where ends of operations are not asked for', async () => {
    const file = damaged((_, poke) => poke(positionOf(55) + 9, u64(56)))
    const plan = await planOf(file)
    expect(plan.to).toEqual({ totalLength: positionOf(55), totalEntries: 55n })
    expect(plan.atOperationEnd).toBe(false)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 55n })
  })

  test.each([
    ['behind their last entry', byLast],
    ['in front of their first', byFirst],
  ])('finds operations by their entries where no commit log knows them: %s', async (_, boundaries) => {
    // The damaged entry is the second of a page: what is whole ends with the entry that opens it.
    const second = Array.from({ length: 200 }, (__, i) => i).find((i) => i > 100 && positionOf(i) === pageStart(1)) ?? 0
    const file = damaged((path, poke) => {
      truncateSync(path.replace('.bin', '.commits'), 4096)
      poke(positionOf(second + 1), Uint8Array.of(7))
    })
    const plan = await planOf(file, boundaries)
    const start = second - (second % PER_COMMIT)
    expect(plan.to.totalEntries).toBe(BigInt(start))
    expect(plan.atOperationEnd).toBe(true)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: BigInt(start) })
  })

  test('cuts back to before a commit that can be read but is not what was committed', async () => {
    const file = damaged((_, poke) => poke(positionOf(55) + 40, Uint8Array.of(0xee)))
    const plan = await planOf(file)
    expect(plan).toMatchObject({ to: { totalEntries: 50n, totalLength: positionOf(50) }, atOperationEnd: true })
  })

  test.each<[string, Parameters<typeof damaged>[0]]>([
    ['a length beyond the file', (_, poke) => poke(HEADER.totalLength, u64(1n << 40n))],
    ['a length of nothing', (_, poke) => poke(HEADER.totalLength, u64(0))],
    ['a length inside an entry', (_, poke) => poke(HEADER.totalLength, u64(positionOf(200) + 50))],
    ['another number of entries', (_, poke) => poke(HEADER.totalEntries, u64(12))],
    ['a page that was cut while it was added', (file) => truncateSync(file, pageStart(3) + 5)],
  ])('loses nothing to a header with %s', async (_, change) => {
    const file = damaged(change)
    const plan = await planOf(file)
    expect(plan).toMatchObject({
      lostEntries: 0n,
      cutBytes: 0,
      to: { totalEntries: TOTAL, totalLength: positionOf(300) },
    })
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: TOTAL })
  })

  test('keeps what is there of a file whose end is gone', async () => {
    const file = damaged((path) => truncateSync(path, positionOf(251) + 20))
    const plan = await planOf(file)
    expect(plan.to.totalEntries).toBe(251n)
    await recoverStream(plan)
    expect((await verify(file)).result).toMatchObject({ damages: 0, entries: 251n })
  })

  test('refuses a file that nothing is known of', async () => {
    await expect(planOf(damaged((_, poke) => poke(0, Uint8Array.of(0x71))))).rejects.toMatchObject({
      code: 'BAD_MAGIC',
    })
    const other = damaged((_, poke) => poke(HEADER.type, u64(5)))
    await expect(planOf(other)).rejects.toMatchObject({ code: 'WRONG_STREAM_TYPE' })
    const updating = damaged((path) => writeFileSync(path.replace('.bin', '.update'), 'x'))
    await expect(planOf(updating)).rejects.toMatchObject({ code: 'UPDATE_PENDING' })
  })

  test('refuses a plan for a file that has changed, and a file in use', async () => {
    const file = damaged((_, poke) => poke(HEADER.totalEntries, u64(12)))
    const plan = await planOf(file)
    await recoverStream(plan)
    await expect(recoverStream(plan)).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    await using _store = await openStore({ file })
    await expect(recoverStream(plan)).rejects.toMatchObject({ code: 'LOCKED' })
  })
})

describe('reindex', () => {
  test('makes an index anew that is not there', async () => {
    const file = damaged(() => {})
    expect(await reindexStream({ file })).toBe(COMMITS)
    expect(existsSync(file.replace('.bin', '.db'))).toBe(true)
    await using reader = await openReader({ file })
    expect(await reader.getBookmark(Uint8Array.of(7))).toBe(70n)
  })
})

describe('largest entries', () => {
  test('pages that are exactly full are whole', async () => {
    const file = folder.join('full.bin')
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
    const file = folder.join('real.bin')
    writeFileSync(file, bytes.subarray(0, pageStart(6)))
    const { result } = await verify(file)
    expect(result).toMatchObject({ damages: 0, entries: 34_723n, bookmarks: 11_420n, paddingBytes: facts.padding })
    bytes.set([0x40], 4096 + 1)
    writeFileSync(file, bytes.subarray(0, pageStart(6)))
    expect((await verify(file)).damages[0]?.code).toBe('BAD_LENGTH')
  })
})
