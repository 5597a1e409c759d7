import { mkdir } from 'node:fs/promises'
import type { Location } from '@datastreamer/e2store/location'
import {
  type FileOutcome,
  type HistoryKind,
  type MirrorPlan,
  type MirrorReport,
  type NumberRange,
  planMirror,
  runMirror,
} from '@datastreamer/e2store/mirror'
import { nativeSnappy, openLocation } from '@datastreamer/e2store/node'
import { toJson } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { InterruptedError, UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { TransferProgress } from '../output/transfer-progress.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { readList } from './lists.ts'
import { outcomeLines, planLines, resultLines } from './mirror-text.ts'
import { readNumberRange } from './number-range.ts'

interface MirrorCommandOptions {
  readonly blocks?: NumberRange
  readonly eras?: NumberRange
  readonly network?: string
  readonly kind?: HistoryKind
  readonly parallel?: number
  readonly checksums?: string
  readonly check?: 'content' | 'hash'
  readonly recheck?: boolean
  readonly timeout?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

const AFTER = `
First prints what the addresses list, what is missing there, what is here, and what is to be fetched. A file gets its name
only when it is whole, has the hash of the list, if there is one, and its content is what its name says; else the next
address is asked. What was begun is continued: also after Ctrl-C, and in the middle of a file.

Ends with status 0 only if every number between the first and the last that are listed, or that were asked for, is here.`

export function mirrorCommand(run: RunCommand): Command {
  return new Command('mirror')
    .usage('[options] <FROM...> <DIR>')
    .addArgument(new Argument('<FROM...>', 'http(s):// or s3:// addresses or folders, the best first; then the folder'))
    .summary('copy history from servers into a folder, and verify it')
    .description('Copy files of history from one or several locations into a folder, and verify each of them.')
    .addOption(
      new Option('--blocks <range>', 'files with these blocks: A..B or A..')
        .argParser(readNumberRange)
        .conflicts('eras'),
    )
    .addOption(new Option('--eras <range>', 'files of these numbers: A..B or A..').argParser(readNumberRange))
    .addOption(new Option('--network <name>', 'only files of this network, by their names'))
    .addOption(new Option('--kind <kind>', 'only files of this kind').choices(['era', 'era1', 'ere', 'e2hs']))
    .addOption(new Option('--parallel <n>', 'files at once (default: 4)').argParser(readCount))
    .addOption(new Option('--checksums <file>', 'trusted SHA-256 of the files, before those that the addresses list'))
    .addOption(
      new Option('--check <how>', 'what is verified: the content, or only the hash where one is listed')
        .choices(['content', 'hash'])
        .default('content'),
    )
    .option('--recheck', 'check the files that are here again, also those that have not changed since')
    .addOption(
      new Option('--timeout <s>', 'seconds without a byte until another try (default: 30)').argParser(readCount),
    )
    .option('--dry-run', 'only print what is to be done')
    .option('--json', 'one JSON object a line: the plan, each file, the result')
    .addHelpText('after', AFTER)
    .addHelpText(
      'after',
      examples(
        'datastreamer e2store mirror https://mainnet.era1.nimbus.team/ era1',
        'datastreamer e2store mirror https://mainnet.era.nimbus.team/ era --eras 1500..',
        'datastreamer e2store mirror https://data.ethpandaops.io/erae/mainnet/ /mnt/disk/ere ere --blocks 0..999999',
      ),
    )
    .action((paths: string[], options: MirrorCommandOptions) =>
      run(wholly((context) => mirror(paths, options, context))),
    )
}

async function mirror(
  paths: readonly string[],
  options: MirrorCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const from = paths.slice(0, -1)
  const folder = paths.at(-1) ?? ''
  if (from.length === 0)
    throw new UsageError('USAGE', 'name at least one address or folder, and then the folder to write')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(folder)) {
    throw new UsageError('USAGE', `${folder} is an address: the last argument is the folder to write`)
  }
  const locations: Location[] = []
  try {
    for (const text of from) locations.push(await openLocation(text))
    return await mirrorInto(folder, locations, options, context)
  } catch (error) {
    if (error instanceof InterruptedError) context.note(`stopped: the same command continues where it was`)
    throw error
  } finally {
    await Promise.all(locations.map((location) => location[Symbol.asyncDispose]()))
  }
}

async function mirrorInto(
  folder: string,
  locations: readonly Location[],
  {
    blocks,
    eras: numbers,
    network,
    kind,
    check: checked,
    recheck,
    parallel,
    timeout,
    ...options
  }: MirrorCommandOptions,
  { out, signal, note }: CommandContext,
): Promise<ExitCode> {
  const checksums = options.checksums === undefined ? undefined : readList('--checksums', options.checksums, note)
  const selection = { network, kinds: kind && [kind], numbers, blocks }
  const stallMs = timeout && timeout * 1000
  const plan = await planMirror(locations, folder, {
    ...selection,
    ...{ checksums, checked, recheck, sizeDeadlineMs: stallMs, signal },
  })
  const print = (json: unknown, lines: readonly string[]): Promise<void> =>
    options.json === true ? out.line(JSON.stringify(toJson(json))) : out.lines(lines)
  await print({ plan }, planLines(plan))
  if (options.dryRun === true) return plan.gaps.length === 0 ? ExitCode.ok : ExitCode.failed
  await mkdir(folder, { recursive: true })
  const report = await carryOut(plan, locations, folder, {
    ...{ checked, parallel, stallMs, signal, codec: await nativeSnappy() },
    note,
    onFile: (outcome) => print({ file: outcome }, outcomeLines(outcome)),
  })
  await print({ result: { complete: report.complete, findings: report.findings } }, resultLines(plan, report))
  return report.complete ? ExitCode.ok : ExitCode.failed
}

interface RunOptions extends Omit<NonNullable<Parameters<typeof runMirror>[3]>, 'onFile' | 'onBytes'> {
  readonly note: (line: string) => void
  readonly onFile: (outcome: FileOutcome) => Promise<void>
}

/** Carry out a plan, showing how far it is. */
async function carryOut(
  plan: MirrorPlan,
  locations: readonly Location[],
  folder: string,
  { note, onFile, ...options }: RunOptions,
): Promise<MirrorReport> {
  const totalBytes = plan.unknownSizes > 0 ? undefined : plan.missingBytes
  let bytes = 0
  let files = 0
  let printed = Promise.resolve()
  const state = () => ({ bytes, totalBytes, files, totalFiles: plan.files.length })
  using progress = new TransferProgress(state(), note)
  const report = await runMirror(plan, locations, folder, {
    ...options,
    onBytes: (more) => {
      bytes += more
      progress.update(state())
    },
    onFile: (outcome) => {
      files++
      progress.update(state())
      progress.clear()
      printed = printed.then(() => onFile(outcome))
      printed.catch(() => undefined)
    },
  })
  await printed
  return report
}
