import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createFile, type NewFile } from '@datastreamer/e2store/node'
import type { History } from '@datastreamer/era-history'
import { ExportError } from '../errors.ts'
import { TableWriter, type TableWriterOptions } from '../file/table-writer.ts'
import { isWritten } from '../file/written-file.ts'
import type { ExportedBlock } from '../tables/rows.ts'
import { TABLE_NAMES, TABLES, type Table, type TableName } from '../tables/table.ts'
import { type BlockRange, type EraPart, planExport, rangesText } from './plan.ts'
import { readBlocks } from './read-ahead.ts'

export interface ExportOptions extends Omit<TableWriterOptions, 'metadata'> {
  /** Default: all. */
  readonly tables?: readonly TableName[] | undefined
  /** First block (default: the first held). */
  readonly from?: bigint | undefined
  /** Last block (default: the last held). */
  readonly to?: bigint | undefined
  /** In the names of files (default: as the history's files are named). */
  readonly network?: string | undefined
  /** Remove unfinished files that an export which died has left, instead of refusing to write them (default false). */
  readonly discardPartial?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called now and then, and after each file. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined
}

export interface ExportProgress {
  /** Blocks done, of `ofBlocks`; those of files that were there already are included. */
  readonly blocks: bigint
  readonly ofBlocks: bigint
  readonly rows: number
}

/** A file that was written, or was there already. */
export interface ExportedFile {
  readonly path: string
  readonly table: TableName
  readonly era: bigint
  /** Absent if the file was there. */
  readonly rows?: number
  readonly bytes: number
}

export interface ExportReport {
  readonly written: readonly ExportedFile[]
  /** Files that were there already, whole and with the same blocks. */
  readonly kept: readonly ExportedFile[]
  readonly blocks: bigint
  /** Blocks that were asked for, or lie between others, and are not held. */
  readonly missing: readonly BlockRange[]
}

/** A file that is being written. */
interface OpenTable {
  readonly name: TableName
  readonly file: NewFile
  add(block: ExportedBlock): Promise<void>
  finish(): Promise<ExportedFile>
}

const PROGRESS_BLOCKS = 64n

/**
 * Write the blocks of a history to Parquet files: `<table>/<network>-<era>.parquet` in a folder, one for each table and
 * era of 8192 blocks. A file gets its name when it is whole; files that are there with the same blocks are kept.
 *
 * Holds a row group for each table and a few blocks.
 *
 * @throws {ExportError} nothing of what was asked for is held, or not its receipts
 */
export async function exportParquet(
  history: History,
  folder: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  const { from, to, tables = TABLE_NAMES, network = history.network } = options
  const plan = planExport(history, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
  if (plan.eras.length === 0) throw new ExportError('NO_BLOCKS', 'none of these blocks are held')
  if (!network) throw new ExportError('NO_NETWORK', 'the files do not say of which network they are: name it')
  checkReceipts(history, plan.eras, tables)
  for (const table of tables) await mkdir(join(folder, table), { recursive: true })
  const run = new ExportRun(history, folder, { ...options, network }, plan.blocks)
  for (const part of plan.eras) await run.exportEra(part, tables)
  return { written: run.written, kept: run.kept, blocks: plan.blocks, missing: plan.missing }
}

function checkReceipts(history: History, eras: readonly EraPart[], tables: readonly TableName[]): void {
  const needing = tables.filter((each) => TABLES[each].needs.receipts)
  if (needing.length === 0) return
  for (const { ranges } of eras) {
    const without = ranges.filter(({ from, to }) => !history.holdsReceipts(from, to))
    if (without.length === 0) continue
    const what = `blocks ${rangesText(without)} are held without receipts`
    throw new ExportError('NO_RECEIPTS', `${what}, which ${needing.join(' and ')} need: export other tables`)
  }
}

class ExportRun {
  readonly written: ExportedFile[] = []
  readonly kept: ExportedFile[] = []
  readonly #history: History
  readonly #folder: string
  readonly #options: ExportOptions & { readonly network: string }
  readonly #ofBlocks: bigint
  #blocks = 0n
  #rows = 0

  constructor(
    history: History,
    folder: string,
    options: ExportOptions & { readonly network: string },
    ofBlocks: bigint,
  ) {
    this.#history = history
    this.#folder = folder
    this.#options = options
    this.#ofBlocks = ofBlocks
  }

  async exportEra({ era, ranges }: EraPart, tables: readonly TableName[]): Promise<void> {
    const metadata = { 'datastreamer.network': this.#options.network, 'datastreamer.blocks': rangesText(ranges) }
    const open: OpenTable[] = []
    const blocksBefore = this.#blocks
    try {
      for (const name of tables) {
        const path = join(this.#folder, name, `${this.#options.network}-${String(era).padStart(5, '0')}.parquet`)
        const columns = TABLES[name].columns.map((column) => column.name)
        if (await isWritten(path, metadata, columns)) {
          this.kept.push({ path, table: name, era, bytes: (await stat(path)).size })
        } else open.push(await this.#openTable(name, path, era, metadata))
      }
      if (open.length > 0) await this.#writeBlocks(ranges, open)
      for (const table of open) this.written.push(await table.finish())
    } finally {
      for (const { file } of open) await file[Symbol.asyncDispose]()
    }
    this.#blocks = blocksBefore + ranges.reduce((sum, { from, to }) => sum + to - from + 1n, 0n)
    this.#report()
  }

  async #writeBlocks(ranges: readonly BlockRange[], open: readonly OpenTable[]): Promise<void> {
    const needs = open.map(({ name }) => TABLES[name].needs)
    const senders = needs.some((each) => each.senders)
    const receipts = needs.some((each) => each.receipts)
    for await (const block of readBlocks(this.#history, ranges, { senders, receipts })) {
      this.#options.signal?.throwIfAborted()
      for (const table of open) await table.add(block)
      this.#blocks++
      if (this.#blocks % PROGRESS_BLOCKS === 0n) this.#report()
    }
  }

  #openTable(
    name: TableName,
    path: string,
    era: bigint,
    metadata: Readonly<Record<string, string>>,
  ): Promise<OpenTable> {
    const open = async <Row>({ columns, rows }: Table<Row>): Promise<OpenTable> => {
      if (this.#options.discardPartial) await rm(`${path}.partial`, { force: true })
      const file = await createFile(path, { replace: true })
      const writer = new TableWriter(columns, file, { ...this.#options, metadata })
      return {
        name,
        file,
        add: async (block) => {
          for (const row of rows(block)) {
            writer.add(row, block.block.number)
            if (writer.isFull) await writer.flush()
            this.#rows++
          }
        },
        finish: async () => {
          await writer.finish()
          const bytes = file.position
          await file.commit()
          return { path, table: name, era, rows: writer.rows, bytes }
        },
      }
    }
    // One call for each type of row.
    const opened: Readonly<Record<TableName, () => Promise<OpenTable>>> = {
      blocks: () => open(TABLES.blocks),
      transactions: () => open(TABLES.transactions),
      receipts: () => open(TABLES.receipts),
      logs: () => open(TABLES.logs),
      withdrawals: () => open(TABLES.withdrawals),
    }
    return opened[name]()
  }

  #report(): void {
    this.#options.onProgress?.({ blocks: this.#blocks, ofBlocks: this.#ofBlocks, rows: this.#rows })
  }
}
