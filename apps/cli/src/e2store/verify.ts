import { ChainError } from '@datastreamer/archive'
import { type Checksum, parseChecksums } from '@datastreamer/e2store/execution'
import { toJson } from '@datastreamer/sequencer-entries'
import { readText } from '@datastreamer/service'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { MissingError, UsageError, WrongFileError } from '../errors.ts'
import { Progress } from '../output/progress.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { FileError, NotVerifiedError } from './errors.ts'
import { type ReadingOptions, takesReading, withFile } from './file.ts'
import { readNetwork } from './networks.ts'
import { FileVerifier, type Verified } from './verify-file.ts'

interface VerifyCommandOptions extends ReadingOptions {
  readonly accumulators?: string
  readonly checksums?: string
  readonly network?: string
  readonly data?: string
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

Ends with status 0 only if every file verifies.`

export function verifyCommand(run: RunCommand): Command {
  return takesReading(new Command('verify'))
    .addArgument(new Argument('<FILE...>', 'e2store files of any kinds'))
    .summary('verify all contents of files')
    .description('Check files as a whole: structure, checksums, numbers, links from block to block, roots, names.')
    .addOption(
      new Option(
        '--accumulators <file>',
        'trusted accumulators: a hash a line, line 1 is file 0; an .era1 without one fails',
      ),
    )
    .addOption(new Option('--checksums <file>', 'SHA-256 of the files: "hash  name" a line, or a hash a line'))
    .addOption(new Option('--network <name>', 'beacon chain that .era files have to be of: a name, or a JSON file'))
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
    .option('--json', 'one JSON object a line for each file')
    .addHelpText('after', AFTER)
    .action((paths: string[], options: VerifyCommandOptions) =>
      run(wholly((context) => verify(paths, options, context))),
    )
}

async function verify(
  paths: readonly string[],
  { accumulators, checksums, network, ...options }: VerifyCommandOptions,
  { out, signal }: CommandContext,
): Promise<ExitCode> {
  const verifier = new FileVerifier({
    ...options,
    accumulators: accumulators === undefined ? undefined : readList('--accumulators', accumulators),
    checksums: checksums === undefined ? undefined : readList('--checksums', checksums),
    network: network === undefined ? undefined : readNetwork(network),
    signal,
  })
  let status: ExitCode = ExitCode.ok
  for (const path of paths) {
    const result = await verifyOne(path, verifier, signal, options)
    signal.throwIfAborted()
    if (result instanceof Error) status = ExitCode.failed
    await out.line(options.json ? JSON.stringify(jsonOf(path, result)) : textOf(path, result))
  }
  return status
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

function textOf(path: string, result: Verified | Error): string {
  const namesFile = result instanceof FileError || result instanceof WrongFileError || result instanceof MissingError
  if (namesFile) return `FAILED  ${result.message}`
  if (result instanceof Error) return `FAILED  ${path}: ${result.message}`
  return `ok      ${path}: .${result.kind}, ${result.text}`
}

function jsonOf(path: string, result: Verified | Error): unknown {
  if (!(result instanceof Error)) return toJson({ file: path, ok: true, kind: result.kind, ...result.json })
  const { message } = result
  const code = 'code' in result ? String(result.code) : null
  const at = result instanceof FileError ? { step: result.step, position: result.position } : {}
  return toJson({ file: path, ok: false, error: { code, message, ...at } })
}

function readList(option: string, path: string): readonly Checksum[] {
  const text = readText(option, path)
  try {
    return parseChecksums(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError('USAGE', `${option}: ${path}: ${why}`, { cause: error })
  }
}
