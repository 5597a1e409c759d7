import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import { DamageError, planRecovery, type RecoveryPlan, recoverStream } from '@datastreamer/server'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { UnrecoverableError } from '../errors.ts'
import { ExitCode } from '../exit-code.ts'
import { examples } from '../help-text.ts'
import { agrees } from '../output/ask.ts'
import { count, plural, table } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { boundariesOf } from '../write/boundaries-of.ts'
import { existingFile } from '../write/existing-file.ts'
import { reportDamages } from './verify.ts'

interface RecoverOptions {
  readonly streamType: bigint
  readonly yes?: boolean
}

export function recoverCommand(run: RunCommand): Command {
  return new Command('recover')
    .addArgument(new Argument('<FILE>', 'the stream file; no server may be writing it'))
    .summary('cut a damaged file back to where it is whole')
    .description(
      'Check a stream file, show what would be done, and after a yes cut the file back to the last whole entry or, in ' +
        'the stream of a sequencer, the last whole L2 block or batch. What is cut is kept in a file beside it.',
    )
    .addOption(new Option('--stream-type <n>', 'type that the stream must have').default(1n, '1').argParser(readU64))
    .option('-y, --yes', 'do it without asking')
    .addHelpText(
      'after',
      `
Ends with status 0 if the file is whole or nothing was lost, 3 if entries were lost, 1 if nothing was done.
The file that is kept is FILE.cut-at-POSITION: the old header page of 4,096 bytes, then the bytes from POSITION on.`,
    )
    .addHelpText('after', examples('datastreamer recover data-stream.bin'))
    .action((file: string, options: RecoverOptions) => run(wholly((context) => recover(file, options, context))))
}

async function recover(file: string, { streamType, yes }: RecoverOptions, context: CommandContext): Promise<ExitCode> {
  const { out, signal, note } = context
  const boundaries = streamType === SEQUENCER_STREAM_TYPE ? await boundariesOf(await existingFile(file)) : undefined
  const planning = planRecovery({ file: await existingFile(file), streamType, boundaries, signal })
  const plan = await reportDamages(planning, 'recover', out, false).catch((error: unknown) => {
    throw withoutHeader(error, file)
  })
  if (plan === undefined) {
    note(`${file} is whole: nothing to do`)
    return ExitCode.ok
  }
  await out.lines(['', ...table(planRows(plan)), ''])
  if (!yes && !(await isAgreed(signal))) {
    note('nothing was done (--yes does it without asking)')
    return ExitCode.failed
  }
  const { copy, bookmarks } = await recoverStream(plan)
  note(`recovered ${file}: ${plural(plan.to.totalEntries, 'entry', 'entries')}, ${plural(bookmarks, 'bookmark')}`)
  note(`what was cut is kept in ${copy}`)
  return plan.lostEntries === 0n ? ExitCode.ok : ExitCode.dataLost
}

/** The damage itself is told already. */
function withoutHeader(error: unknown, file: string): unknown {
  if (!(error instanceof DamageError) || error.code === 'WRONG_STREAM_TYPE') return error
  const message = `${file} cannot be recovered: without its header nothing says what the stream is`
  return new UnrecoverableError('UNRECOVERABLE', message, { cause: error })
}

function planRows({ header, to, lostEntries, cutBytes, atOperationEnd }: RecoveryPlan): [string, string][] {
  const point = (entries: bigint, length: number): string =>
    `${plural(entries, 'entry', 'entries')}, ${count(length)} bytes`
  return [
    ['header says', point(header.totalEntries, header.totalLength)],
    ['will be', point(to.totalEntries, to.totalLength)],
    ['ends', atOperationEnd ? 'between two operations' : 'behind a whole entry, maybe inside an operation'],
    ['lost', `${plural(lostEntries, 'entry', 'entries')}, ${plural(cutBytes, 'byte')} (a copy is kept)`],
    ['index', 'made anew'],
  ]
}

/** Without a terminal, nobody agrees. */
async function isAgreed(signal: AbortSignal): Promise<boolean> {
  const { stdin, stderr } = process
  return stdin.isTTY === true && (await agrees('Do it? [y/N] ', { input: stdin, output: stderr, signal }))
}
