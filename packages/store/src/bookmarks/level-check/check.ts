// Part of the index's thread: nothing from other packages of the workspace may be imported here.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compareKeys, LevelDamage } from './bytes.ts'
import { type Manifest, readManifest, type Table } from './manifest.ts'
import { readRecords } from './records.ts'
import { checkTable, hasTable, TableSearch } from './table.ts'

/** Exists while an index is being built and holds less than the log. LevelDB ignores it. */
export const UNFINISHED_FILE = 'UNFINISHED'

/** Most restarts of a check because LevelDB replaces files meanwhile. */
const TRIES = 100

/** If the tables have no more bytes, all are checked before LevelDB opens them: some hundredths of a second. */
const FEW_BYTES = 32 * 1_048_576
/** Otherwise those up to this level: LevelDB may merge them at once, which gives damaged bytes matching checksums. */
const FIRST_MERGED_LEVEL = 1

/**
 * Check, before LevelDB opens a folder, what it reads then without reporting damage: it skips damaged records of a journal,
 * treats a manifest that is damaged at its end as a shorter one, and merges tables as they are.
 *
 * @throws {LevelDamage} @throws the system's error
 */
export function checkClosed(folder: string): void {
  if (existsSync(join(folder, UNFINISHED_FILE))) throw new LevelDamage('it was not finished when it was made')
  const { tables, firstJournal } = readManifest(folder, true)
  const areFew = [...tables.values()].reduce((sum, { bytes }) => sum + bytes, 0) <= FEW_BYTES
  for (const table of tables.values()) {
    const isThere = areFew || table.level <= FIRST_MERGED_LEVEL ? checkTable(folder, table) : hasTable(folder, table)
    if (!isThere) throw new LevelDamage(`table ${table.number} is not there`)
  }
  for (const name of readdirSync(folder)) {
    const number = /^(\d+)\.log$/.exec(name)?.[1]
    if (number !== undefined && Number(number) >= firstJournal) checkJournal(join(folder, name))
  }
}

function checkJournal(path: string): void {
  try {
    readRecords(readFileSync(path))
  } catch (error) {
    throw error instanceof LevelDamage ? new LevelDamage(`${path}: ${error.message}`) : error
  }
}

/** Checks, while LevelDB is open, what it is about to read to find a key. */
export class LookUpCheck {
  readonly #folder: string
  readonly #search: TableSearch

  constructor(folder: string) {
    this.#folder = folder
    this.#search = new TableSearch(folder)
  }

  /** @throws {LevelDamage} @throws the system's error */
  check(key: Uint8Array): void {
    const mayHave = ({ smallest, largest }: Table): boolean =>
      compareKeys(smallest, key) <= 0 && compareKeys(largest, key) >= 0
    for (let tries = 0; ; tries++) {
      const tables = [...readManifest(this.#folder, false).tables.values()].filter(mayHave)
      const gone = tables.find((table) => !this.#search.check(table, key))
      if (gone === undefined) return
      if (tries === TRIES) throw new LevelDamage(`table ${gone.number} is not there`)
    }
  }
}

/**
 * Check all tables, one after the other, with a pause before each.
 *
 * @throws {LevelDamage} @throws the system's error
 */
export async function checkTables(folder: string, pauseMs: number, signal: AbortSignal): Promise<void> {
  const { tables } = readManifest(folder, false)
  for (const table of tables.values()) {
    await sleep(pauseMs, undefined, { signal, ref: false })
    if (!checkTable(folder, table) && isUsed(readManifest(folder, false), table)) {
      throw new LevelDamage(`table ${table.number} is not there`)
    }
  }
}

function isUsed({ tables }: Manifest, { number }: Table): boolean {
  return tables.has(number)
}
