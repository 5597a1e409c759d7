import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterEach, expect, test, vi } from 'vitest'
import {
  blockOf,
  edit,
  editRecord,
  indexEntry,
  type MadeTable,
  TableBytes,
  writeManifest,
} from '../../../test/bookmarks/made-level.ts'
import { LookUpCheck } from './check.ts'
import { TableSearch } from './table.ts'

// What is read of tables, and what may happen between two reads.

const disk = vi.hoisted(() => ({ reads: 0, onOpen: (): void => undefined }))
vi.mock('node:fs', async (load) => {
  const real = await load<typeof import('node:fs')>()
  const openSync: typeof real.openSync = (...args) => {
    disk.onOpen()
    return real.openSync(...args)
  }
  const readSync = (...args: Parameters<typeof real.readSync>): number => {
    disk.reads++
    return real.readSync(...args)
  }
  return { ...real, openSync, readSync }
})
afterEach(() => {
  disk.onOpen = () => undefined
  vi.useRealTimers()
})

const key = Uint8Array.of(5)

/** A table with a block, which is damaged or not. */
function bytesOf(isWhole: boolean): Uint8Array {
  const table = new TableBytes()
  const block = table.add([1, 2, 3])
  const bytes = table.end(table.add(blockOf()), table.add(blockOf(indexEntry([9], block))))
  if (!isWhole) bytes[0] = 99
  return bytes
}

function tableOf(number: number): MadeTable {
  const bytes = bytesOf(true).length
  return { number, level: 2, bytes, smallest: Uint8Array.of(1), largest: Uint8Array.of(9) }
}

function nameOf(number: number): string {
  return `${String(number).padStart(6, '0')}.ldb`
}

test.each([true, false])('a table that LevelDB merges during a look-up is followed: whole %s', (isWhole) => {
  using dir = tempDir()
  writeManifest(dir.path, editRecord(edit.added(tableOf(5))))
  disk.onOpen = () => {
    disk.onOpen = () => undefined
    writeFileSync(dir.join(nameOf(6)), bytesOf(isWhole))
    writeManifest(dir.path, editRecord(edit.added(tableOf(6))))
    rmSync(dir.join(nameOf(5)), { force: true })
  }
  const check = expect(() => new LookUpCheck(dir.path).check(key))
  if (isWhole) check.not.toThrow()
  else check.toThrow('table 6: the block at 0 does not match its checksum')
})

/** Tables, and how many reads a look-up in one of them takes: 1 if it is known where its blocks lie. */
class Searched implements Disposable {
  readonly #dir = tempDir()
  readonly #search = new TableSearch(this.#dir.path)

  constructor(count: number) {
    for (let number = 1; number <= count; number++) writeFileSync(this.#dir.join(nameOf(number)), bytesOf(true))
  }

  reads(number: number): number {
    const before = disk.reads
    expect(this.#search.check(tableOf(number), key)).toBe(true)
    return disk.reads - before
  }

  touch(number: number): void {
    utimesSync(this.#dir.join(nameOf(number)), 1, 1)
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]()
  }
}

test('where the blocks of a table lie is known for ten seconds, unless somebody writes it', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  using tables = new Searched(1)
  expect([tables.reads(1), tables.reads(1)]).toEqual([4, 1])
  vi.advanceTimersByTime(10_000)
  expect(tables.reads(1)).toBe(1)
  vi.advanceTimersByTime(1)
  expect([tables.reads(1), tables.reads(1)]).toEqual([4, 1])
  tables.touch(1)
  expect([tables.reads(1), tables.reads(1)]).toEqual([4, 1])
})

test('it is known of so many tables only; that of the one that was read longest ago is forgotten', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  using tables = new Searched(66)
  const all = Array.from({ length: 64 }, (_, i) => i + 1)
  expect(all.map((number) => tables.reads(number))).toEqual(all.map(() => 4))
  expect(all.map((number) => tables.reads(number))).toEqual(all.map(() => 1))
  tables.touch(1)
  expect(tables.reads(1)).toBe(4)
  expect([65, 66].map((number) => tables.reads(number))).toEqual([4, 4])
  expect([1, 4, 64, 65, 66].map((number) => tables.reads(number))).toEqual([1, 1, 1, 1, 1])
  expect([2, 3].map((number) => tables.reads(number))).toEqual([4, 4])
})
