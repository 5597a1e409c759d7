import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { E2StoreError } from '@datastreamer/e2store'
import { type ArchiveKind, type ArchiveProfile, parseExecutionArchiveName } from '@datastreamer/e2store/execution'
import { type ConvertFileOptions, convertFile, MirrorError } from '@datastreamer/e2store/mirror'
import { nativeSnappy } from '@datastreamer/e2store/node'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { inFile, ofAbsent } from './errors.ts'
import { localOnly } from './remote-file.ts'

interface ConvertCommandOptions {
  readonly to: ArchiveKind
  readonly out: string
  readonly profile?: keyof typeof PROFILES
  readonly network?: string
}

const PROFILES = {
  complete: [],
  noproofs: ['noproofs'],
  noreceipts: ['noreceipts'],
  'noproofs-noreceipts': ['noproofs', 'noreceipts'],
} as const satisfies Readonly<Record<string, readonly ArchiveProfile[]>>

const AFTER = `
Each file is verified before it is converted, with its name, and the new one before it gets its name, by its content.
Nothing is replaced: what is there already is left as it is. Proofs of blocks before the merge are made from the file itself;
those of later blocks have to be in it. An .ere whose index has its columns in another order gets that of the
specification, and one that is named .erae its proper name. Ends with status 1 if a file could not be converted; the others
are.`

export function convertCommand(run: RunCommand): Command {
  return new Command('convert')
    .addArgument(new Argument('<FILE...>', '.era1, .ere, .erae or .e2hs files, or folders of them'))
    .summary('convert files of blocks to another kind or profile')
    .description('Convert files of execution blocks into .era1, .ere or .e2hs, and between the profiles of .ere.')
    .addOption(new Option('--to <kind>', 'what to write').choices(['era1', 'ere', 'e2hs']).makeOptionMandatory())
    .addOption(new Option('--out <folder>', 'folder for the new files; made if absent').makeOptionMandatory())
    .addOption(
      new Option('--profile <name>', 'of an .ere, what to leave out (default: what the file has not)').choices(
        Object.keys(PROFILES),
      ),
    )
    .addOption(new Option('--network <name>', 'network in the new names (default: as in those of the files)'))
    .addHelpText('after', AFTER)
    .addHelpText(
      'after',
      examples(
        'datastreamer e2store convert era1/ --to ere --out ere',
        'datastreamer e2store convert mainnet-02992-d3f7961d.erae --to ere --profile noproofs-noreceipts --out small',
      ),
    )
    .action((paths: string[], options: ConvertCommandOptions) =>
      run(wholly((context) => convert(paths, options, context))),
    )
}

async function convert(
  paths: readonly string[],
  { to, out: folder, profile, network }: ConvertCommandOptions,
  { out, signal }: CommandContext,
): Promise<ExitCode> {
  if (profile !== undefined && to !== 'ere')
    throw new UsageError('USAGE', `--profile is for --to ere: an .${to} has none`)
  const files = (await Promise.all(paths.map(filesAt))).flat()
  await mkdir(folder, { recursive: true })
  const options = { network, signal, codec: await nativeSnappy(), ...(profile && { profile: PROFILES[profile] }) }
  let status: ExitCode = ExitCode.ok
  for (const path of files) {
    signal.throwIfAborted()
    const line = await convertOne(path, to, folder, options)
    if (line.startsWith(FAILED)) status = ExitCode.failed
    await out.line(line)
  }
  return status
}

const FAILED = 'FAILED'

/** What became of a file: an error in one does not end the others. */
async function convertOne(path: string, to: ArchiveKind, folder: string, options: ConvertFileOptions): Promise<string> {
  try {
    const made = await convertFile(path, to, folder, options)
    return made.wasThere ? `there   ${made.path}, what ${path} would become` : `wrote   ${made.path} from ${path}`
  } catch (error) {
    options.signal?.throwIfAborted()
    const found = inFile(path, ofAbsent(path, error))
    if (error instanceof E2StoreError || error instanceof RangeError) {
      const hint = error instanceof MirrorError && error.code === 'NO_NETWORK' ? ': --network names it' : ''
      return `${FAILED}  ${found instanceof Error ? found.message : String(found)}${hint}`
    }
    throw found
  }
}

/** The files that a path names: itself, or those with blocks in a folder, in the order of their names. */
async function filesAt(text: string): Promise<string[]> {
  const path = localOnly(text, 'files on this machine are converted')
  const found = await stat(path).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => parseExecutionArchiveName(name) !== undefined)
  if (names.length === 0)
    throw new UsageError('USAGE', `${path}: no file of execution blocks is in it (.era1, .ere, .erae or .e2hs)`)
  return names.sort((a, b) => (a < b ? -1 : 1)).map((name) => join(path, name))
}
