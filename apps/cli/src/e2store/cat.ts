import { iterateHeaders, recordTypeHex, recordTypeName } from '@datastreamer/e2store'
import { readE2i } from '@datastreamer/e2store/index'
import { toJson } from '@datastreamer/sequencer-entries'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { MissingError, UsageError } from '../errors.ts'
import { count } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { type BlockLines, blockLines } from './block-lines.ts'
import { type E2File, type ReadingOptions, takesReading, withFile } from './file.ts'

interface CatOptions extends ReadingOptions {
  readonly records?: boolean
  readonly blocks?: boolean
  readonly block?: bigint
  readonly slot?: bigint
  readonly data?: boolean
  readonly json?: boolean
}

/** Lines that are written at once. */
const LINES = 256

export function catCommand(run: RunCommand): Command {
  return takesReading(new Command('cat'))
    .addArgument(new Argument('<FILE>', 'any e2store file'))
    .summary('print records or blocks')
    .description('Print the records of a file, a line each, or its blocks, or one block without reading the rest.')
    .option('--records', 'records: position, type, length (the default)')
    .option('--blocks', 'all blocks: of the beacon chain, of an execution chain, or L2 blocks')
    .addOption(new Option('--block <n>', 'the block of that number').argParser(readU64))
    .addOption(new Option('--slot <n>', 'of an .era: the block of that slot').argParser(readU64))
    .option('--data', 'with --records --json: their data too, as stored')
    .option('--json', 'one JSON object a line; those of blocks have everything')
    .action((path: string, options: CatOptions) =>
      run((context) => withFile(path, context.signal, (file) => cat(file, options, context), options)),
    )
}

async function cat(file: E2File, options: CatOptions, { out, signal }: CommandContext): Promise<void> {
  const { records, blocks, block, slot } = options
  const asked = [records, blocks, block, slot].filter((each) => each !== undefined)
  if (asked.length > 1) throw new UsageError('USAGE', 'name one of --records, --blocks, --block, --slot')
  let waiting: string[] = []
  for await (const line of linesOf(file, options)) {
    signal.throwIfAborted()
    waiting.push(line)
    if (waiting.length < LINES) continue
    await out.lines(waiting)
    waiting = []
  }
  await out.lines(waiting)
}

function linesOf(file: E2File, options: CatOptions): AsyncIterable<string> {
  const { blocks, block, slot, json = false } = options
  if (!blocks && block === undefined && slot === undefined) {
    return file.kind === 'e2i' ? slotLines(file, json) : recordLines(file, json, options.data === true)
  }
  const lines = blockLines(file, json)
  if (blocks) return lines.all()
  return oneLine(file, lines, options)
}

async function* oneLine(file: E2File, lines: BlockLines, { block, slot }: CatOptions): AsyncGenerator<string> {
  const what = slot === undefined ? 'block' : 'slot'
  if (lines.by !== what) {
    throw new UsageError('USAGE', `blocks of an .${file.kind} file are looked up by ${lines.by}: --${lines.by} N`)
  }
  const number = slot ?? block ?? 0n
  const line = await lines.one(number)
  if (line === undefined)
    throw new MissingError('NOT_FOUND', `${file.path} has no block ${slot === undefined ? '' : 'of slot '}${number}`)
  yield line
}

async function* recordLines({ source, reading }: E2File, json: boolean, withData: boolean): AsyncGenerator<string> {
  for await (const { type, length, position } of iterateHeaders(source, {
    ...reading,
    maxRecordBytes: Number.POSITIVE_INFINITY,
  })) {
    const name = recordTypeName(type)
    const hex = recordTypeHex(type)
    if (json) {
      const data = withData ? await source.read(position + 8, length) : undefined
      yield JSON.stringify(toJson({ position, type: hex, name: name ?? null, length, data }))
    } else {
      yield `${count(position).padStart(15)}  ${hex}  ${count(length).padStart(13)} B  ${name ?? ''}`.trimEnd()
    }
  }
}

/** The entries of an `.e2i`: with positions from the end of the indexed file if it has no others. */
async function* slotLines({ source }: E2File, json: boolean): AsyncGenerator<string> {
  const anySize = 2 ** 52
  const { generation, startSlot, targets } = await readE2i(source, { dataSize: anySize })
  const from = generation === 2 ? anySize : 0
  for (const [i, target] of targets.entries()) {
    const slot = startSlot + BigInt(i)
    const offset = target === undefined ? undefined : target - from
    if (json) yield JSON.stringify(toJson({ slot, offset: offset ?? null }))
    else yield `${String(slot).padStart(12)}  ${offset === undefined ? 'empty' : count(offset)}`
  }
}
