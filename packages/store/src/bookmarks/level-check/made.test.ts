import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import {
  blockOf,
  edit,
  editRecord,
  entry,
  indexEntry,
  type MadeTable,
  TableBytes,
  varint,
  writeManifest,
} from '../../../test/bookmarks/made-level.ts'
import { LevelDamage } from './bytes.ts'
import { checkClosed, checkTables, LookUpCheck } from './check.ts'
import { readManifest, type Table } from './manifest.ts'
import { checkTable, TableSearch } from './table.ts'

// What LevelDB seldom or never writes, made by hand.

const damage = expect.objectContaining({ code: 'LEVEL_CORRUPTION' })
const { signal } = new AbortController()
const LARGE_BYTES = 32 * 1_048_576

function tableOf(options: Partial<Table> = {}): MadeTable {
  return { number: 5, level: 2, bytes: 100, smallest: Uint8Array.of(1), largest: Uint8Array.of(9), ...options }
}

describe('a manifest', () => {
  test('of every field says which tables are in use', () => {
    using dir = tempDir()
    const [first, second] = [tableOf({ number: 5 }), tableOf({ number: 6, level: 1, bytes: 200 })]
    writeManifest(
      dir.path,
      editRecord([1, 2, 97, 98], [2, 4], edit.nextFile(7), [4, 9], [9, 0], edit.added(first)),
      editRecord(edit.compactPointer(2, Uint8Array.of(3)), edit.removed(2, 5), edit.added(second)),
    )
    const { tables, firstJournal } = readManifest(dir.path, true)
    const fields = [...tables.values()].map((table) => ({
      ...table,
      smallest: Uint8Array.from(table.smallest),
      largest: Uint8Array.from(table.largest),
    }))
    expect(fields).toEqual([second])
    expect(firstJournal).toBe(4)
  })

  test.each([0, 8, 10])('with field %i is damage', (tag) => {
    using dir = tempDir()
    writeManifest(dir.path, editRecord([tag, 1]))
    expect(() => readManifest(dir.path, true)).toThrow(`a manifest with field ${tag}`)
  })

  test('that cannot be read is no damage', () => {
    using dir = tempDir()
    writeManifest(dir.path, editRecord([2, 4]))
    rmSync(dir.join('MANIFEST-000001'))
    mkdirSync(dir.join('MANIFEST-000001'))
    expect(() => readManifest(dir.path, true)).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  })
})

describe('before LevelDB opens', () => {
  function write(folder: string, table: MadeTable): void {
    writeManifest(folder, editRecord([2, 4], edit.added(table)))
    writeFileSync(`${folder}/000005.ldb`, '')
    truncateSync(`${folder}/000005.ldb`, table.bytes)
  }

  test('few bytes of tables are read whatever their level', () => {
    using dir = tempDir()
    for (const level of [0, 1, 2, 6]) {
      for (const bytes of [100, LARGE_BYTES]) {
        write(dir.path, tableOf({ level, bytes }))
        expect(() => checkClosed(dir.path)).toThrow('table 5: has no footer')
      }
    }
  })

  test('of more bytes, what LevelDB may merge at once is read; of the rest the length only', () => {
    using dir = tempDir()
    const bytes = LARGE_BYTES + 1
    for (const level of [0, 1]) {
      write(dir.path, tableOf({ level, bytes }))
      expect(() => checkClosed(dir.path)).toThrow('table 5: has no footer')
    }
    write(dir.path, tableOf({ bytes }))
    checkClosed(dir.path)
    truncateSync(dir.join('000005.ldb'), bytes + 1)
    expect(() => checkClosed(dir.path)).toThrow(`table 5: has ${bytes + 1} bytes, expected ${bytes}`)
    rmSync(dir.join('000005.ldb'))
    expect(() => checkClosed(dir.path)).toThrow('table 5 is not there')
  })

  test('a table that cannot be opened is no damage', () => {
    using dir = tempDir()
    write(dir.path, tableOf())
    rmSync(dir.join('000005.ldb'))
    symlinkSync('000005.ldb', dir.join('000005.ldb'))
    expect(() => checkClosed(dir.path)).toThrow(expect.objectContaining({ code: 'ELOOP' }))
  })
})

test('a table that LevelDB merged while all are checked is not missed', async () => {
  using dir = tempDir()
  const [old, merged] = [tableOf(), tableOf({ number: 6 })]
  writeManifest(dir.path, editRecord(edit.added(old)))
  const checked = checkTables(dir.path, 0, signal)
  // As LevelDB leaves it while it writes: something stands after the last whole record.
  writeManifest(dir.path, editRecord(edit.removed(2, 5), edit.added(merged)), Uint8Array.of(1, 2, 3))
  await checked
  await expect(checkTables(dir.path, 0, signal)).rejects.toThrow('table 6 is not there')
})

test('what LevelDB is writing into its manifest is no damage to a look-up', () => {
  using dir = tempDir()
  writeManifest(dir.path, editRecord(edit.added(tableOf())), Uint8Array.of(1, 2, 3))
  new LookUpCheck(dir.path).check(Uint8Array.of(10))
  expect(() => new LookUpCheck(dir.path).check(Uint8Array.of(5))).toThrow('table 5 is not there')
})

describe('a table', () => {
  /** Check a table as a whole, and what is read of it for a key. */
  function check(bytes: Uint8Array, key: readonly number[] = [5]): void {
    using dir = tempDir()
    writeFileSync(dir.join('000005.ldb'), bytes)
    const table = tableOf({ bytes: bytes.length })
    let failure: unknown
    try {
      new TableSearch(dir.path).check(table, Uint8Array.from(key))
    } catch (error) {
      failure = error
    }
    if (failure !== undefined) {
      expect(() => checkTable(dir.path, table)).toThrow((failure as Error).message)
      throw failure
    }
    checkTable(dir.path, table)
  }

  test('without a filter is whole, and one whose keys share a beginning is searched', () => {
    const table = new TableBytes()
    const [first, second] = [table.add([1, 2, 3]), table.add([4, 5, 6])]
    const index = blockOf(indexEntry([3, 3], first), entry(1, [4, 1, 0, 0, 0, 0, 0, 0, 0], second))
    const bytes = table.end(table.add(blockOf()), table.add(index))
    check(bytes, [3, 4])
    for (const [block, key, other] of [
      [0, [3, 3], [3, 4]],
      [8, [3, 4], [3, 3]],
    ] as const) {
      using dir = tempDir()
      const spoilt = bytes.slice()
      spoilt[block] = 99
      writeFileSync(dir.join('000005.ldb'), spoilt)
      const search = new TableSearch(dir.path)
      const known = tableOf({ bytes: bytes.length })
      expect(() => search.check(known, Uint8Array.from(key))).toThrow('does not match its checksum')
      search.check(known, Uint8Array.from(other))
    }
  })

  test.each<[string, string, (handle: readonly number[]) => number[]]>([
    ['has nothing', 'a block without an end', () => []],
    ['has no room for its end', 'a block without an end', () => [1, 2, 3]],
    ['is one end that there is not', 'a block without an end', () => [9, 0, 0, 0]],
    ['has more ends than bytes', 'a block without an end', () => [0, 0, 0, 0, 9, 0, 0, 0]],
    [
      'has a key that shares more than there is',
      'a key shares more than there is',
      (handle) => blockOf(entry(3, [1, 2, 3, 4, 5, 6, 7, 8], handle)),
    ],
  ])('whose block of handles %s is damaged', (_name, message, block) => {
    for (const which of ['meta', 'index']) {
      const table = new TableBytes()
      const whole = table.add(blockOf())
      const spoilt = table.add(block(whole))
      const bytes = which === 'meta' ? table.end(spoilt, whole) : table.end(whole, spoilt)
      expect(() => check(bytes)).toThrow(new LevelDamage(message))
    }
  })

  test('whose footer leads far beyond its end is damaged', () => {
    for (const handle of [
      [0, 2 ** 40],
      [2 ** 40, 10],
      [2 ** 52, 2 ** 52],
    ]) {
      const table = new TableBytes()
      const bytes = table.end(handle.flatMap(varint), table.add(blockOf()))
      expect(() => check(bytes)).toThrow('names a block beyond its end')
    }
  })

  test.each([0, 10, 47])('of %i bytes is damaged', (length) => {
    expect(() => check(new Uint8Array(length))).toThrow(damage)
  })

  test.runIf(process.platform === 'linux')('is closed again, whole or damaged', () => {
    using dir = tempDir()
    const table = new TableBytes()
    const bytes = table.end(table.add(blockOf()), table.add(blockOf()))
    writeFileSync(dir.join('000005.ldb'), bytes)
    checkTable(dir.path, tableOf({ bytes: bytes.length }))
    expect(() => checkTable(dir.path, tableOf({ bytes: 1 }))).toThrow(damage)
    expect(openFiles().filter((path) => path.startsWith(dir.path))).toEqual([])
  })
})

/** Paths of the files that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })
}
