import { stat } from 'node:fs/promises'
import { writeManifest } from '@datastreamer/e2store/mirror'
import { toJson } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { ofAbsent } from './errors.ts'
import { fullIndex } from './full-index.ts'
import { gapText } from './mirror-text.ts'
import { localOnly } from './remote-file.ts'

interface ManifestCommandOptions {
  readonly baseUrl?: string
  readonly title?: string
  readonly sidecars?: boolean
  readonly rehash?: boolean
  readonly force?: boolean
  readonly parallel?: number
  readonly json?: boolean
}

const AFTER = `
Writes checksums_sha256.txt, checksums.txt (hashes without names, which some clients read by line number: only if the
numbers begin with 0 and none is missing), urls.txt (with --base-url) and index.html. The hash of a file whose size and
time of change are those of before is not computed again. Ends with status 1 if numbers are missing.`

export function manifestCommand(run: RunCommand): Command {
  return new Command('manifest')
    .addArgument(new Argument('<DIR>', 'folder of history files'))
    .summary('make a folder of history a mirror: checksums, addresses, a page')
    .description('Write the lists and the page that a folder of history needs to be a mirror, served as it is.')
    .addOption(new Option('--base-url <address>', 'where the folder will be served, for urls.txt'))
    .addOption(new Option('--title <text>', "title of the page (default: the folder's name)"))
    .option('--sidecars', 'build the indexes of transactions and logs too, as index --full does')
    .option('--rehash', 'compute all hashes again')
    .option('--force', 'replace an index.html that something else made')
    .addOption(
      new Option('--parallel <n>', 'files hashed at once (default: one for each processor)').argParser(readCount),
    )
    .option('--json', 'print what was done as a JSON object')
    .addHelpText('after', AFTER)
    .addHelpText('after', examples('datastreamer e2store manifest era1 --base-url https://history.example/era1/'))
    .action((folder: string, options: ManifestCommandOptions) =>
      run(wholly(async (context) => manifest(await folderAt(folder), options, context))),
    )
}

/** @throws {UsageError} it is no folder on this machine */
async function folderAt(text: string): Promise<string> {
  const path = localOnly(text, 'the lists are written into a folder on this machine')
  const found = await stat(path).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  if (found.isDirectory()) return path
  throw new UsageError('USAGE', `${path} is a file, expected a folder of history files`)
}

async function manifest(
  folder: string,
  { json = false, ...options }: ManifestCommandOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { out, signal } = context
  if (options.sidecars === true && (await fullIndex(folder, {}, context)) !== ExitCode.ok) {
    context.note('the page has the indexes that could be built')
  }
  using progress = new Progress('hash')
  let total = 0
  let done = 0
  const made = await writeManifest(folder, {
    ...options,
    signal,
    onPlan: ({ bytes }) => {
      total = bytes
    },
    onBytes: (bytes) => {
      done += bytes
      progress.show(done, total)
    },
  }).catch((error: unknown) => {
    if (error instanceof RangeError) throw new UsageError('USAGE', `--base-url: ${error.message}`, { cause: error })
    throw error
  })
  progress.clear()
  const { files, gaps, doubles, written, removed, notes } = made
  if (json) {
    await out.line(JSON.stringify(toJson(made)))
  } else {
    const size = bytesText(files.reduce((sum, each) => sum + each.size, 0))
    await out.lines([
      `${plural(files.length, 'file')}, ${size}; ${bytesText(done)} hashed`,
      ...written.map((name) => `wrote   ${name}`),
      ...removed.map((name) => `removed ${name}`),
      ...notes.map((note) => `note: ${note}`),
      ...doubles.map(({ names }) => `several files of one number: ${names.join(', ')}`),
      ...gaps.map((gap) => `MISSING ${gapText(gap)}`),
    ])
  }
  return gaps.length === 0 ? ExitCode.ok : ExitCode.failed
}
