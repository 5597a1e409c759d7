import { readFileSync, truncateSync } from 'node:fs'
import { type EntrySource, NotFoundError, pageStart } from '@datastreamer/format'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  compareAround,
  markDamaged,
  planRecovery,
  type RecoveryPlan,
  replaceDamaged,
  takeOverChanges,
} from '../src/check.ts'
import { openReader, openStore, type StreamReader } from '../src/index.ts'
import {
  type Change,
  DamagedFiles,
  drain,
  type EntrySourceOptions,
  entrySourceOf,
  positionOf,
  verify,
} from './damaged-files.ts'

let files: DamagedFiles
let reader: StreamReader
let whole: Buffer
beforeAll(async () => {
  files = await DamagedFiles.make()
  reader = await openReader({ file: files.master })
  whole = readFileSync(files.master)
})
afterAll(async () => {
  await reader.close()
  files[Symbol.dispose]()
})

function master(options?: EntrySourceOptions): EntrySource {
  return entrySourceOf(reader, options)
}

async function planOf(file: string): Promise<RecoveryPlan> {
  const { result } = await drain(planRecovery({ file, streamType: 1n }))
  if (result === undefined) throw new Error('nothing to recover')
  return result
}

const rotten: Change = (_, poke) => poke(positionOf(55) + 40, Uint8Array.of(0xee))
const broken: Change = (_, poke) => poke(positionOf(55), Uint8Array.of(7))
const inTwoPages: Change = (_, poke) => {
  poke(positionOf(55) + 1, Uint8Array.of(0xff))
  poke(positionOf(250) + 9, Uint8Array.of(0xff))
}
const withoutCommitLog: Change = (path, poke) => {
  truncateSync(path.replace('.bin', '.commits'), 4096)
  inTwoPages(path, poke)
}
const aWholePage: Change = (_, poke) => poke(pageStart(1), new Uint8Array(2 ** 20).fill(0xaa))

test.each<[string, Change]>([
  ['a flipped bit in data', rotten],
  ['a packet type', broken],
  ['heads in two pages', inTwoPages],
  ['heads in two pages, without a commit log', withoutCommitLog],
  ['a whole page', aWholePage],
])('replaces what is damaged, and nothing else: %s', async (_, change) => {
  const file = files.damaged(change)
  const before = readFileSync(file)
  const plan = await planOf(file)
  expect(await compareAround(plan, master())).toBeGreaterThan(0)
  const { copies, changedBytes } = await replaceDamaged(plan, master())
  expect(changedBytes).toBeGreaterThan(0)
  expect(readFileSync(file).equals(whole)).toBe(true)
  expect((await verify(file)).result).toMatchObject({ damages: 0 })
  for (const copy of copies) {
    const position = Number(/-(\d+)$/.exec(copy)?.[1])
    const kept = readFileSync(copy)
    expect(kept.subarray(4096).equals(before.subarray(position, position + kept.length - 4096))).toBe(true)
  }
  await using store = await openStore({ file })
  expect(await store.getBookmark(Uint8Array.of(25))).toBe(250n)
})

test('reports exactly which entries are damaged, and goes on', async () => {
  const { damages } = await verify(
    files.damaged((_, poke) => {
      for (const entry of [55, 250]) poke(positionOf(entry) + 17, Uint8Array.of(0xee))
    }),
  )
  expect(damages.map(({ code, range }) => [code, range])).toEqual([
    ['BAD_CHECKSUM', { from: pointOf(50), to: pointOf(60) }],
    ['BAD_CHECKSUM', { from: pointOf(250), to: pointOf(260) }],
  ])
})

function pointOf(entry: number): { totalLength: number; totalEntries: bigint } {
  return { totalLength: positionOf(entry), totalEntries: BigInt(entry) }
}

test('refuses a source with another stream, or with other entries around or in the range', async () => {
  const plan = await planOf(files.damaged(rotten))
  const before = readFileSync(plan.file)
  const refused = { code: 'SOURCE_DIFFERS' }
  await expect(compareAround(plan, master({ header: { systemId: 8n } }))).rejects.toMatchObject(refused)
  const at = (number: bigint, data: (data: Uint8Array) => Uint8Array): EntrySource =>
    master({ change: (entry) => (entry.number === number ? { ...entry, data: data(entry.data) } : entry) })
  await expect(
    compareAround(
      plan,
      at(49n, (data) => data.map((byte) => byte ^ 1)),
    ),
  ).rejects.toMatchObject(refused)
  await expect(
    compareAround(
      plan,
      at(60n, () => Uint8Array.of(99)),
    ),
  ).rejects.toMatchObject(refused)
  for (const other of [at(52n, (data) => data.map((byte) => byte ^ 1)), at(52n, (data) => data.subarray(1))]) {
    await expect(replaceDamaged(plan, other)).rejects.toMatchObject(refused)
  }
  await expect(replaceDamaged(plan, master({ end: 55n }))).rejects.toMatchObject(refused)
  const shorter: EntrySource = {
    ...master(),
    // biome-ignore lint/correctness/useYield: it has nothing to yield
    async *batches() {
      throw new NotFoundError('TO_NOT_FOUND', 'no entry 59, the stream has 55')
    },
  }
  await expect(compareAround(plan, shorter)).rejects.toMatchObject(refused)
  await expect(replaceDamaged(plan, shorter)).rejects.toMatchObject(refused)
  expect(readFileSync(plan.file).equals(before)).toBe(true)
})

test('marked damage stays and is not read, until it is replaced or taken over', async () => {
  const file = files.damaged(rotten)
  const before = readFileSync(file)
  await markDamaged(await planOf(file))
  {
    await using store = await openStore({ file })
    await expect(store.getEntry(52n)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
    for (const number of [49n, 60n]) expect((await store.getEntry(number))?.number).toBe(number)
  }
  expect(readFileSync(file).subarray(4096).equals(before.subarray(4096))).toBe(true)
  expect((await verify(file)).damages.map(({ code }) => code)).toEqual(['BAD_CHECKSUM'])
  await replaceDamaged(await planOf(file), master())
  await using store = await openStore({ file })
  expect((await store.getEntry(52n))?.number).toBe(52n)
})

test('changes in place by another program can be taken over', async () => {
  const file = files.damaged(rotten)
  const before = readFileSync(file)
  expect(await takeOverChanges(await planOf(file))).toBe(30)
  expect(readFileSync(file).equals(before)).toBe(true)
  expect((await verify(file)).result).toMatchObject({ damages: 0 })
})

test('entries that cannot be read can be neither marked nor taken over', async () => {
  const plan = await planOf(files.damaged(broken))
  for (const judge of [markDamaged, takeOverChanges]) {
    await expect(judge(plan)).rejects.toMatchObject({ code: 'NOT_WHOLE' })
  }
})
