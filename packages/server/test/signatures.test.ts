import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { randomFrom } from '@datastreamer/fixtures/random'
import { openStore } from '@datastreamer/store'
import { afterAll, describe, expect, test } from 'vitest'
import { StreamSignatures } from '../src/index.ts'
import { keyOf, SignedLog } from './signed-log.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

let files = 0
/** A new stream file, and the file of its signatures. */
const fresh = (): { file: string; sidecar: string } => {
  const name = `stream-${files++}`
  return { file: folder.join(`${name}.bin`), sidecar: folder.join(`${name}.signatures`) }
}

/** Change one byte of a file. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0x10
  writeFileSync(path, bytes)
}

test('every commit is signed, and the end of every page', async () => {
  const { file } = fresh()
  await using log = await SignedLog.open(file)
  await log.check()
  for (let i = 0; i < 12; i++) {
    await log.commit(100, 3000, i)
    await log.signed()
  }
  await log.check()
  expect(log.signatures.recent.filter(({ endsPage }) => endsPage).length).toBe(3)
})

test('entries that fill pages, and operations over many pages', async () => {
  const { file } = fresh()
  await using log = await SignedLog.open(file)
  await log.commit(3, 1_048_559)
  await log.check()
  await log.commit(2000, 2000)
  await log.commit(1, 1_048_559)
  await log.check()
})

test('a truncation and an update in place end what is signed after them', async () => {
  const { file } = fresh()
  await using log = await SignedLog.open(file)
  await log.commit(3000, 1000)
  await log.check()
  await log.store.truncateFile(1500n)
  await log.check()
  await log.commit(2000, 1000, 5)
  await log.check()
  await log.store.updateEntryData(700n, 1, new Uint8Array(1000).fill(77))
  await log.check()
  await log.store.updateEntryData(3400n, 1, new Uint8Array(1000).fill(78))
  await log.store.truncateFile(0n)
  await log.check()
  await log.commit(1, 1)
  await log.check()
})

describe('the file beside the stream', () => {
  const pages = 4
  /** A stream of some pages, closed. */
  async function made(): Promise<{ file: string; sidecar: string }> {
    const made = fresh()
    await using log = await SignedLog.open(made.file)
    await log.commit(1000 * pages, 1000)
    await log.signed()
    return made
  }

  async function checked(file: string): Promise<void> {
    await using log = await SignedLog.open(file)
    await log.check()
    await log.commit(1500, 1000, 3)
    await log.check()
  }

  test('is gone on from', async () => {
    const { file } = await made()
    await checked(file)
  })

  test('is made again if it was removed, or is empty, or something else', async () => {
    const { file, sidecar } = await made()
    rmSync(sidecar)
    await checked(file)
    writeFileSync(sidecar, '')
    await checked(file)
    writeFileSync(sidecar, new Uint8Array(5000).fill(9))
    await checked(file)
  })

  test.each([0, 9, 40, 70, 300, 512, 520, 560, 730, 1000, 1200])(
    'is repaired where byte %i was flipped',
    async (at) => {
      const { file, sidecar } = await made()
      flip(sidecar, at)
      await using log = await SignedLog.open(file)
      await log.signed()
      // The rows before those that are looked at first are compared in the background.
      await expect.poll(() => log.signatures.pageEnd(0), { timeout: 20_000 }).toBeDefined()
      await log.check()
    },
  )

  test('may be behind the stream', async () => {
    const { file, sidecar } = await made()
    copyFileSync(sidecar, `${sidecar}.old`)
    {
      await using log = await SignedLog.open(file)
      await log.commit(2500, 1000, 8)
    }
    copyFileSync(`${sidecar}.old`, sidecar)
    await checked(file)
  })

  test('may be ahead of the stream, which was truncated and written again meanwhile', async () => {
    const { file } = await made()
    {
      await using store = await openStore({ file, fsync: 'never' })
      await store.truncateFile(1200n)
    }
    await checked(file)
    {
      await using store = await openStore({ file, fsync: 'never' })
      await store.truncateFile(700n)
      await store.atomic((operation) => {
        for (let i = 0; i < 5000; i++) operation.addEntry(1, new Uint8Array(1000).fill(i))
      })
    }
    await checked(file)
  })

  test('an entry that was changed in place meanwhile is found out', async () => {
    const { file } = await made()
    {
      await using store = await openStore({ file, fsync: 'never' })
      await store.updateEntryData(5n, 1, new Uint8Array(1000).fill(99))
    }
    await using log = await SignedLog.open(file)
    await expect
      .poll(
        () =>
          log.check().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
  })

  test('another key signs all again, and two keys do', async () => {
    const { file } = await made()
    for (const keys of [[await keyOf(2)], [await keyOf(2), await keyOf(3)], [await keyOf(3)]]) {
      await using log = await SignedLog.open(file, { keys })
      await expect
        .poll(
          () =>
            log.check().then(
              () => true,
              () => false,
            ),
          { timeout: 20_000 },
        )
        .toBe(true)
    }
    const three = [await keyOf(1), await keyOf(2), await keyOf(3)]
    await expect(SignedLog.open(file, { keys: three })).rejects.toThrow('3 keys, expected 2 at most')
  })

  test('has one writer', async () => {
    const { file } = await made()
    await using log = await SignedLog.open(file)
    await expect(StreamSignatures.open({ log: log.store.log })).rejects.toMatchObject({ code: 'LOCKED' })
  })
})

const SEEDS = [1, 2, 3, 4].map((seed) => seed + Number(process.env.TEST_SEED))

test.each(SEEDS)('whatever happens to the stream, its head and its pages are signed (seed %i)', async (seed) => {
  const random = randomFrom(seed)
  const { file } = fresh()
  for (let start = 0; start < 4; start++) {
    await using log = await SignedLog.open(file)
    for (let step = 0; step < 12; step++) {
      const { total } = log
      switch (random(6)) {
        case 0:
          await log.store.truncateFile(BigInt(random(total + 1)))
          break
        case 1:
          if (total > 0) {
            const number = BigInt(random(total))
            const entry = await log.store.getEntry(number)
            if (entry !== undefined)
              await log.store.updateEntryData(number, 1, new Uint8Array(entry.data.length).fill(step))
          }
          break
        case 2:
          await log.signed()
          break
        default:
          await log.commit(1 + random(600), 1 + random(4000), step)
      }
    }
    if (random(2) === 0) await log.check()
  }
  await using log = await SignedLog.open(file)
  await log.check()
})
