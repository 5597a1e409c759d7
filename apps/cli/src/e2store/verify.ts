import { ChainError } from '@datastreamer/archive'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { readCount, readU64 } from '../arguments.ts'
import { MissingError, UsageError, WrongFileError } from '../errors.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { ChecksumCheck } from './check-checksum.ts'
import { FileError, inFile, NotVerifiedError } from './errors.ts'
import { type ReadingOptions, takesReading, withFile } from './file.ts'
import { type Input, inputsOf } from './inputs.ts'
import { readList } from './lists.ts'
import { readNetwork } from './networks.ts'
import { FileVerifier, type Verified } from './verify-file.ts'
import { FolderCheck, readHistory } from './verify-folder.ts'
import { folderLines, resultLine } from './verify-output.ts'

interface VerifyCommandOptions extends ReadingOptions {
  readonly accumulators?: string
  readonly checksums?: string
  readonly historyRoots?: string
  readonly network?: string
  readonly data?: string
  readonly from?: bigint
  readonly to?: bigint
  readonly signatures: boolean
  readonly full?: boolean
  readonly partial?: boolean
  readonly slotsPerRecord?: number
  readonly json?: boolean
}

const AFTER = `
An .era is verified fully, with all roots and signatures, where its network is known and the packages @lodestar/types,
@lodestar/params and @noble/curves are installed; else from the fixed positions of blocks and states. The result says
which. Files that follow each other are checked to be of one chain. All of an .era hangs on the root of its last state,
which is printed: compare it with one that you trust.

All files together are checked as one store: what is missing between them, what is there twice, and what is of another
network is an error. --from and --to say which eras must be there at least. Blocks that lead to a block whose hash is built
in, such as the last one before the merge of mainnet, are trusted without any list.

Deviations that published files are known to have are reported and are no errors.

Ends with status 0 only if every file verifies and nothing is missing.`

export function verifyCommand(run: RunCommand): Command {
  return takesReading(new Command('verify'))
    .addArgument(new Argument('<FILE|FOLDER...>', 'e2store files of any kinds, or folders of them'))
    .summary('verify all contents of files, and folders as a whole')
    .description(
      'Check files as a whole: structure, checksums, numbers, links from block to block, roots, names, gaps.',
    )
    .addOption(
      new Option(
        '--accumulators <file>',
        'trusted accumulators: a hash a line, line 1 is file 0; an .era1 without one fails',
      ),
    )
    .addOption(new Option('--checksums <file>', 'SHA-256 of the files: "hash  name" a line, or a hash a line'))
    .addOption(
      new Option(
        '--history-roots <file>',
        'an .era whose last state is trusted: for proofs after the merge, and for eras',
      ),
    )
    .addOption(
      new Option(
        '--network <name>',
        'network that files have to be of: a name, or a JSON file that describes a beacon chain',
      ),
    )
    .addOption(new Option('--from <era>', 'the first era that must be there').argParser(readU64))
    .addOption(new Option('--to <era>', 'the last era that must be there').argParser(readU64))
    .addOption(new Option('--data <file>', 'of an .e2i: the file that it is the index of'))
    .option('--full', 'fail where an .era cannot be verified fully')
    .option('--partial', 'of an .e2ss: accounts may be a part of the state, storage a part of an account')
    .addOption(
      new Option(
        '--slots-per-record <n>',
        'of an .e2ss: slots of a full storage record (default: 10,000,000)',
      ).argParser(readCount),
    )
    .option('--no-signatures', 'leave out the signatures of .era blocks, some 20 ms each')
    .option('--json', 'one JSON object a line for each file, and one for all of them together')
    .addHelpText('after', AFTER)
    .action((paths: string[], options: VerifyCommandOptions) =>
      run(wholly((context) => verify(paths, options, context))),
    )
}

async function verify(
  paths: readonly string[],
  options: VerifyCommandOptions,
  { out, note, signal }: CommandContext,
): Promise<ExitCode> {
  const { json = false, ...rest } = options
  const { from, to } = rest
  if (from !== undefined && to !== undefined && from > to) {
    throw new UsageError('USAGE', `--from ${from} is after --to ${to}`)
  }
  const inputs = await inputsOf(paths, signal)
  const { verifier, folder, check } = await prepare(inputs, rest, note, signal)
  let status: ExitCode = ExitCode.ok
  for (const input of inputs) {
    const result = await verifyOne(input.path, verifier, signal, rest)
    signal.throwIfAborted()
    folder.add(input, result)
    const fault = result instanceof Error ? result : result.fault && inFile(input.shown, result.fault)
    if (fault !== undefined) status = ExitCode.failed
    await out.line(resultLine(input.shown, fault instanceof Error ? fault : result, json))
  }
  // Who names files one by one does not ask for the others.
  const areAll = inputs.some(({ path }) => !paths.includes(path))
  if (areAll && check !== undefined) noteAbsent(check.absent, note)
  const report = await folder.report(signal)
  if (report === undefined) return status
  for (const line of folderLines(report, json)) await out.line(line)
  return report.findings.length > 0 ? ExitCode.failed : status
}

/** A folder may hold a part of what a list has: that is no fault, but to be known. */
function noteAbsent(names: readonly string[], note: (line: string) => void): void {
  if (names.length === 0) return
  const some = names.slice(0, 3).map((name) => JSON.stringify(name))
  note(
    `--checksums: not there: ${plural(names.length, 'file')} of the list, ${[...some, ...(names.length > 3 ? ['...'] : [])].join(', ')}`,
  )
}

/** Read what the options name. @throws {UsageError} */
async function prepare(
  inputs: readonly Input[],
  { accumulators, checksums, network: named, historyRoots, ...options }: VerifyCommandOptions,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<{
  readonly verifier: FileVerifier
  readonly folder: FolderCheck
  readonly check: ChecksumCheck | undefined
}> {
  const names = inputs.map(({ name }) => name)
  const network = named === undefined ? undefined : readNetwork(named)
  const list = checksums === undefined ? undefined : readList('--checksums', checksums, note)
  const check = list && new ChecksumCheck(list, names)
  if (check?.notByPosition !== undefined) {
    note(
      `--checksums: ${checksums}: its lines are not those of the files in order, but used as a set: ${check.notByPosition}`,
    )
  }
  const history =
    historyRoots === undefined ? undefined : await trustedHistory(historyRoots, { ...options, network }, signal)
  const verifier = new FileVerifier(
    {
      ...options,
      accumulators: accumulators === undefined ? undefined : readList('--accumulators', accumulators, note),
      ...{ names, network, history, signal },
    },
    check,
  )
  const trusted = history && historyRoots !== undefined ? { name: historyRoots, of: history } : undefined
  return { verifier, folder: new FolderCheck({ ...options, network, history: trusted }), check }
}

async function trustedHistory(
  path: string,
  options: Parameters<typeof readHistory>[1],
  signal: AbortSignal,
): ReturnType<typeof readHistory> {
  const history = await readHistory(path, options, signal)
  if (history !== undefined) return history
  throw new UsageError('USAGE', `--history-roots: ${path} is of a network that is not known (--network)`)
}

/** An error in one file is its result: the others are verified too. */
async function verifyOne(
  path: string,
  verifier: FileVerifier,
  signal: AbortSignal,
  reading: ReadingOptions,
): Promise<Verified | Error> {
  using progress = new Progress('verify')
  try {
    const onProgress = (done: number, total: number): void => progress.show(done, total)
    return await withFile(path, signal, (file) => verifier.verify(file, onProgress), reading)
  } catch (error) {
    if (error instanceof FileError || error instanceof ChainError || error instanceof NotVerifiedError) return error
    if (error instanceof WrongFileError || error instanceof MissingError) return error
    // A system error: the file cannot be read.
    if (error instanceof Error && 'syscall' in error) return error
    throw error
  }
}
