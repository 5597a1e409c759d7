import { resolve } from 'node:path'
import type { Location } from '@datastreamer/e2store/location'
import type { NumberRange } from '@datastreamer/e2store/mirror'
import { nativeSnappy, openLocation } from '@datastreamer/e2store/node'
import type { ExportedFile, ExportProgress, ExportReport, TableName } from '@datastreamer/era-parquet'
import { StreamError } from '@datastreamer/format'
import { toJson } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import { Progress } from '../output/progress.ts'
import { count, plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { inFile } from './errors.ts'
import { readNumberRange } from './number-range.ts'

interface ExportParquetOptions {
  readonly tables?: readonly TableName[]
  readonly blocks?: NumberRange
  readonly network?: string
  readonly trust?: 'roots' | 'require' | 'none'
  readonly threads?: number
  readonly discardPartial?: boolean
  readonly json?: boolean
}

const AFTER = `
Writes <OUT>/<table>/<network>-<era>.parquet, one file for each table and era of 8192 blocks, with the names and types of
the public data set crypto_ethereum. A file gets its name only when it is whole; files that are there with the same blocks
are kept, so the same command continues what was stopped.

Ends with status 1 if blocks that were asked for, or that lie between others, are not held, or if a file is not what it says.`

/** All tables, as the package that writes them has them: it is loaded only to write. */
const TABLE_NAMES = [
  'blocks',
  'transactions',
  'receipts',
  'logs',
  'withdrawals',
] as const satisfies readonly TableName[]

/** An export that cannot be made. */
class NotExportedError extends StreamError<string> {
  override readonly name: string = 'NotExportedError'
}

/** Read names of tables with commas between them. */
function readTables(text: string): readonly TableName[] {
  const names = text.split(',').map((name) => name.trim())
  const known = TABLE_NAMES.filter((name) => names.includes(name))
  const unknown = names.find((name) => !known.some((each) => each === name))
  if (unknown === undefined) return known
  throw new InvalidArgumentError(
    `There is no table ${JSON.stringify(unknown)}: expected some of ${TABLE_NAMES.join(',')}.`,
  )
}

export function exportParquetCommand(run: RunCommand): Command {
  return new Command('export-parquet')
    .addArgument(new Argument('<FROM>', 'folder, file, http(s):// or s3:// address of .era1 and .ere files'))
    .addArgument(new Argument('<OUT>', 'folder to write'))
    .summary('write blocks, transactions, receipts, logs and withdrawals as Parquet')
    .description('Write the blocks of execution archives as tables in Parquet files, for DuckDB, Spark and others.')
    .addOption(new Option('--tables <names>', `some of ${TABLE_NAMES.join(',')} (default: all)`).argParser(readTables))
    .addOption(new Option('--blocks <range>', 'only these: A..B, A.. or A').argParser(readNumberRange))
    .addOption(new Option('--network <name>', 'only files of this network, by their names'))
    .addOption(
      new Option(
        '--trust <what>',
        'which blocks are written: those that contradict no known root, only those that lead to one, or all',
      )
        .choices(['roots', 'require', 'none'])
        .default('roots'),
    )
    .addOption(new Option('--threads <n>', 'threads that recover senders').argParser(readCount))
    .option('--discard-partial', 'remove unfinished files that an export which died has left')
    .option('--json', 'one JSON object a line: each file, the result')
    .addHelpText('after', AFTER)
    .addHelpText(
      'after',
      examples(
        'datastreamer e2store export-parquet era1 parquet',
        'datastreamer e2store export-parquet https://mainnet.era1.nimbus.team/ parquet --tables blocks,logs --blocks 0..99999',
      ),
    )
    .action((from: string, out: string, options: ExportParquetOptions) =>
      run(wholly((context) => exportFrom(from, out, options, context))),
    )
}

async function exportFrom(
  from: string,
  folder: string,
  options: ExportParquetOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { ExportError } = await import('@datastreamer/era-parquet')
  try {
    await using location = await openLocation(from)
    return await exportLocation(location, folder, options, context)
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof ExportError) {
      throw new NotExportedError(error.code, `${from}: ${error.message} (${error.code})`, { cause: error })
    }
    throw inFile(from, error)
  }
}

async function exportLocation(
  location: Location,
  folder: string,
  { blocks, network, tables, trust, threads, discardPartial, json }: ExportParquetOptions,
  { out, signal, note }: CommandContext,
): Promise<ExitCode> {
  const { openHistory } = await import('@datastreamer/era-history')
  const { exportParquet } = await import('@datastreamer/era-parquet')
  const codec = await nativeSnappy()
  await using history = await openHistory([location], {
    ...(network !== undefined && { network }),
    ...(trust !== undefined && { trust }),
    ...(threads !== undefined && { threads }),
    archive: { codec },
    signal,
  })
  using progress = new Progress('exporting')
  const rejected = (): readonly string[] =>
    history.files
      .filter(({ status }) => status === 'rejected')
      .map(({ name, error }) => `${name} is not used: ${error?.message ?? 'it is not what it says'}`)
  const report = await exportParquet(history, resolve(folder), {
    ...{ tables, network, discardPartial, signal },
    from: blocks && BigInt(blocks.first),
    to: blocks?.last === undefined ? undefined : BigInt(blocks.last),
    onProgress: ({ blocks: done, ofBlocks }: ExportProgress) => progress.show(Number(done), Number(ofBlocks)),
  }).finally(() => {
    progress.clear()
    for (const line of rejected()) note(`REJECTED ${line}`)
  })
  if (json === true) {
    for (const file of report.written) await out.line(JSON.stringify(toJson({ file })))
    const { missing, kept } = report
    await out.line(JSON.stringify(toJson({ result: { blocks: report.blocks, kept: kept.length, missing } })))
  } else await out.lines(reportLines(report))
  for (const { from, to } of report.missing) note(`MISSING blocks ${from} to ${to}`)
  return report.missing.length === 0 && rejected().length === 0 ? ExitCode.ok : ExitCode.failed
}

/** What was written, a line for each table. */
function reportLines({ written, kept, blocks }: ExportReport): readonly string[] {
  const lines = TABLE_NAMES.flatMap((name) => {
    const own = written.filter(({ table }) => table === name)
    if (own.length === 0) return []
    return [
      `${name}: ${plural(
        sum(own, ({ rows = 0 }) => rows),
        'row',
      )} in ${plural(own.length, 'file')}, ${bytesText(sum(own, ({ bytes }) => bytes))}`,
    ]
  })
  if (kept.length > 0)
    lines.push(`kept: ${plural(kept.length, 'file')} that ${kept.length === 1 ? 'was' : 'were'} there`)
  return [...lines, `${count(Number(blocks))} blocks`]
}

function sum(files: readonly ExportedFile[], of: (file: ExportedFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0)
}
