import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '@datastreamer/fixtures'
import { ClassicLevel } from 'classic-level'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LevelDamage } from './bytes.ts'
import { checkClosed, checkTables, LookUpCheck, UNFINISHED_FILE } from './check.ts'
import { readManifest } from './manifest.ts'

// Without the index's thread: what it asks before LevelDB opens or reads something.

const dir = tempDir()
const original = dir.join('original')
const folder = dir.join('copy')
const { signal } = new AbortController()

/** Keys of 0 to 600 are in one table, those of 600 to 1200 in another, the rest in the journal. */
function key(n: number): Uint8Array {
  return Uint8Array.of(n >> 8, n & 0xff, 1, 2, 3)
}

beforeAll(async () => {
  for (const from of [0, 600, 1200]) {
    const level = new ClassicLevel<Uint8Array, Uint8Array>(original, { keyEncoding: 'view', valueEncoding: 'view' })
    await level.open()
    const batch = level.batch()
    for (let n = from; n < from + 600; n++) batch.put(key(n), new Uint8Array(8).fill(n))
    await batch.write()
    await level.put(key(from), new Uint8Array(8))
    await level.close()
  }
})
beforeEach(restore)
afterAll(() => dir[Symbol.dispose]())

/** Put what was changed back. */
function restore(): void {
  rmSync(folder, { recursive: true, force: true })
  cpSync(original, folder, { recursive: true })
}

function files(pattern: RegExp): string[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort((a, b) => a.localeCompare(b))
}

function only(pattern: RegExp): string {
  const [name, ...more] = files(pattern)
  expect(more).toEqual([])
  return name as string
}

function flip(name: string, at: number): void {
  const bytes = readFileSync(join(folder, name))
  bytes[at] = (bytes[at] as number) ^ 0x21
  writeFileSync(join(folder, name), bytes)
}

const damage = expect.objectContaining({ code: 'LEVEL_CORRUPTION' })

test('a whole folder is whole', async () => {
  expect(files(/\.ldb$/)).toHaveLength(2)
  checkClosed(folder)
  await checkTables(folder, 0, signal)
  const lookUps = new LookUpCheck(folder)
  for (let n = 0; n < 1800; n += 7) lookUps.check(key(n))
  const { tables, firstJournal } = readManifest(folder, true)
  expect([...tables.values()].map(({ smallest }) => Uint8Array.from(smallest))).toEqual([key(0), key(600)])
  expect([...tables.values()].map(({ largest }) => Uint8Array.from(largest))).toEqual([key(599), key(1199)])
  expect(only(/\.log$/)).toBe(`${String(firstJournal).padStart(6, '0')}.log`)
})

test('a byte of a table that is another is found by all that read it', async () => {
  for (const name of files(/\.ldb$/)) {
    const length = readFileSync(join(folder, name)).length
    for (let at = 0; at < length; at += at > length - 60 ? 1 : 97) {
      flip(name, at)
      // Zeros that fill the footer up are not compared with anything.
      const isFilling = at >= length - 44 && at < length - 8
      if (isFilling) {
        flip(name, at)
        continue
      }
      expect(() => checkClosed(folder), `${name} at ${at}`).toThrow(damage)
      await expect(checkTables(folder, 0, signal)).rejects.toEqual(damage)
      flip(name, at)
    }
  }
  checkClosed(folder)
})

test('a look-up checks what it reads, of no other table, and again when somebody writes it', () => {
  const [first = '', second = ''] = files(/\.ldb$/)
  const lookUps = new LookUpCheck(folder)
  lookUps.check(key(0))
  lookUps.check(key(700))
  flip(first, 10)
  expect(() => lookUps.check(key(0))).toThrow(damage)
  expect(() => lookUps.check(key(599))).not.toThrow()
  lookUps.check(key(700))
  lookUps.check(key(1300))
  flip(first, 10)
  lookUps.check(key(0))
  // The end is read with every block of a table that was written since.
  flip(second, readFileSync(join(folder, second)).length - 1)
  lookUps.check(key(0))
  expect(() => lookUps.check(key(600))).toThrow(damage)
  expect(() => lookUps.check(key(1199))).toThrow(damage)
})

test('a table that is gone, or has another length, is damage', async () => {
  const change: ((path: string) => void)[] = [
    (path) => rmSync(path),
    (path) => appendFileSync(path, Uint8Array.of(0)),
    (path) => truncateSync(path, 100),
    (path) => truncateSync(path, 0),
  ]
  for (const name of files(/\.ldb$/)) {
    for (const spoil of change) {
      spoil(join(folder, name))
      expect(() => checkClosed(folder)).toThrow(damage)
      await expect(checkTables(folder, 0, signal)).rejects.toEqual(damage)
      const lookUps = new LookUpCheck(folder)
      expect(() => [lookUps.check(key(1)), lookUps.check(key(601))]).toThrow(damage)
      restore()
    }
  }
})

test('a table may go by the ending of an older LevelDB', () => {
  for (const name of files(/\.ldb$/)) renameSync(join(folder, name), join(folder, name.replace('.ldb', '.sst')))
  checkClosed(folder)
})

test('a byte of the manifest that is another is found', () => {
  const name = only(/^MANIFEST/)
  const { length } = readFileSync(join(folder, name))
  for (let at = 0; at < length; at++) {
    flip(name, at)
    expect(() => checkClosed(folder), `at ${at}`).toThrow(damage)
    flip(name, at)
  }
})

test('a manifest that is cut off is not whole, unless somebody writes it', () => {
  const name = only(/^MANIFEST/)
  const { length } = readFileSync(join(folder, name))
  truncateSync(join(folder, name), length - 1)
  expect(() => readManifest(folder, true)).toThrow('is not whole after')
  expect(readManifest(folder, false).tables.size).toBeGreaterThan(0)
  truncateSync(join(folder, name), 0)
  expect(() => readManifest(folder, false)).toThrow(`${name} is empty`)
  rmSync(join(folder, name))
  expect(() => readManifest(folder, false)).toThrow(`${name} is not there`)
})

test.each([
  '',
  'MANIFEST-000002',
  'MANIFEST-12\n',
  'xMANIFEST-000002\n',
  'MANIFEST-000002\n\n',
  '../MANIFEST-000002\n',
])('CURRENT with %j names no manifest', (text) => {
  writeFileSync(join(folder, 'CURRENT'), text)
  expect(() => checkClosed(folder)).toThrow('CURRENT names no manifest')
})

test('a journal that is in use is checked, one that is no longer is not', () => {
  const name = only(/\.log$/)
  const { firstJournal } = readManifest(folder, true)
  flip(name, 20)
  expect(() => checkClosed(folder)).toThrow(
    new LevelDamage(`${join(folder, name)}: a record at 0 does not match its checksum`),
  )
  const journal = (number: number): string => join(folder, `${String(number).padStart(6, '0')}.log`)
  renameSync(join(folder, name), journal(firstJournal - 1))
  checkClosed(folder)
  renameSync(journal(firstJournal - 1), journal(firstJournal + 1))
  expect(() => checkClosed(folder)).toThrow(damage)
  // Files of others.
  for (const foreign of ['copy-000900.log', '000900.log.old']) {
    renameSync(journal(firstJournal + 1), join(folder, foreign))
    checkClosed(folder)
    renameSync(join(folder, foreign), journal(firstJournal + 1))
  }
})

test('what was not finished is damage, until it is', () => {
  writeFileSync(join(folder, UNFINISHED_FILE), '')
  expect(() => checkClosed(folder)).toThrow('it was not finished when it was made')
  rmSync(join(folder, UNFINISHED_FILE))
  checkClosed(folder)
})

test('a check of all tables ends when it is aborted', async () => {
  const controller = new AbortController()
  const checked = checkTables(folder, 60_000, controller.signal)
  controller.abort()
  await expect(checked).rejects.toMatchObject({ name: 'AbortError' })
})
