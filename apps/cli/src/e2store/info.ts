import { SegmentRecordType } from '@datastreamer/archive'
import { type TypeCount, takeCensus } from '@datastreamer/e2store'
import { toJson } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { count, plural, table } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { type Facts, factsOf } from './facts.ts'
import { type E2File, openInput, type ReadingOptions, takesReading, withFile } from './file.ts'
import { nameText } from './names.ts'
import { isAddress } from './remote-file.ts'

interface InfoOptions extends ReadingOptions {
  readonly data?: string
  readonly records?: boolean
  readonly json?: boolean
}

export function infoCommand(run: RunCommand): Command {
  return takesReading(new Command('info'))
    .addArgument(new Argument('<FILE>', 'any e2store file'))
    .summary('show what a file is and holds')
    .description('Identify a file by its content, and show its range, its index and its records by type.')
    .addOption(new Option('--data <file>', 'of an .e2i: the file that it is the index of'))
    .option('--records', 'count the records of a file on a server too, which takes reading all of it')
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nEnds with status 1 if the name does not match the content.')
    .action((path: string, { records = !isAddress(path), ...options }: InfoOptions) =>
      run((context) => withFile(path, context.signal, (file) => info(file, { ...options, records }, context), options)),
    )
}

async function info(
  file: E2File,
  { data, records, json }: InfoOptions,
  { out, signal }: CommandContext,
): Promise<ExitCode> {
  await using indexed = data === undefined ? undefined : await openInput(data, signal)
  const facts = await factsOf(file, { data: indexed })
  const types = file.kind === 'e2i' || !records ? [] : await typesOf(file)
  await out.lines(json ? [JSON.stringify(jsonOf(file, facts, types))] : textOf(file, facts, types))
  return facts.name.result === 'wrong' ? ExitCode.failed : ExitCode.ok
}

/** How much of each type there is; those that only segments of streams have get their names. */
async function typesOf({ source, kind, reading }: E2File): Promise<readonly TypeCount[]> {
  const types = (await takeCensus(source, { ...reading, maxRecordBytes: Number.POSITIVE_INFINITY })).types()
  if (kind !== 'e2ds') return types
  const names = new Map<number, string>(Object.entries(SegmentRecordType).map(([name, type]) => [type, name]))
  return types.map((each) => ({ name: names.get(each.type) ?? '', ...each })).map(withoutEmptyName)
}

function withoutEmptyName({ name, ...rest }: TypeCount & { readonly name: string }): TypeCount {
  return name === '' ? rest : { ...rest, name }
}

function jsonOf({ path, source, kind }: E2File, { name, json }: Facts, types: readonly TypeCount[]): unknown {
  const expected = name.expected ?? null
  return toJson({ file: path, size: source.size, kind, name: { ...name, expected }, ...json, records: types })
}

function textOf({ path, source, kind }: E2File, { name, rows }: Facts, types: readonly TypeCount[]): string[] {
  const head = table([
    ['file', path],
    ['size', plural(source.size, 'byte')],
    ['kind', `.${kind}`],
    ['name', nameText(name)],
    ...rows,
  ])
  if (types.length === 0) return head
  return [...head, '', 'records', ...table(types.map((each) => [typeText(each), amountText(each)]))]
}

function typeText({ hex, name, vendor }: TypeCount): string {
  return `  ${hex}  ${name ?? (vendor ? 'of an application' : 'unknown')}`
}

function amountText({ records, bytes }: TypeCount): string {
  return `${count(records).padStart(9)}  ${plural(bytes, 'byte').padStart(19)}`
}
