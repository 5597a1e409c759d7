import { SEQUENCER_STREAM_TYPE } from '@datastreamer/format'
import { ExitCode } from '@datastreamer/service/exit-code'
import { DamageError } from '@datastreamer/store'
import {
  compareAround,
  markDamaged,
  planRecovery,
  type RecoveryPlan,
  recoverStream,
  replaceDamaged,
  takeOverChanges,
} from '@datastreamer/store/check'
import { DamagedRanges, type EntryRange, rangeText } from '@datastreamer/store/log'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { UnrecoverableError, UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { noteBase } from '../output/note-base.ts'
import { reportDamages } from '../output/report-damages.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { openEntrySource } from '../source/entry-source.ts'
import { wholly } from '../wholly.ts'
import { boundariesOf } from '../write/boundaries-of.ts'
import { type ConfirmOptions, confirm } from '../write/confirm.ts'
import { existingFile } from '../write/existing-file.ts'
import { takesConfirmation, truncationRows } from '../write/truncation-rows.ts'

interface RecoverOptions extends ConfirmOptions {
  readonly streamType: bigint
  readonly from?: string
  readonly takeOver?: boolean
  readonly cut?: boolean
}

/** Ranges that a plan lists one by one. */
const MAX_LISTED = 20

export function recoverCommand(run: RunCommand): Command {
  const command = new Command('recover')
    .addArgument(new Argument('<FILE>', 'the stream file; no server may be writing it'))
    .summary('make a damaged file usable')
    .description(
      'Check a stream file, show what would be done, and do it after a yes. With --from, damaged ranges are replaced by ' +
        'the entries of another source. Without it, damage that leaves every entry readable is marked: servers and relays ' +
        'send all but that. A header that does not fit is rewritten, where nothing is lost by it.',
    )
    .addOption(new Option('--stream-type <n>', 'type that the stream must have').default(1n, '1').argParser(readU64))
    .option(
      '--from <SRC>',
      'replace damaged ranges from there: host:port, a stream file, an archive (.e2ds, or a folder)',
    )
    .option('--take-over', 'accept the entries as they are: another program has changed them in place')
    .option('--cut', 'last resort: truncate the file before the first damage')
  return takesConfirmation(command)
    .addHelpText(
      'after',
      `
Ends with status 0 if the file is whole or nothing was lost, 3 if entries were lost or are marked, 1 if nothing was done.
Kept beside the file: FILE.removed-at-POSITION, FILE.replaced-at-POSITION: the old header page of 4,096 bytes, then the old
bytes from POSITION on.`,
    )
    .addHelpText(
      'after',
      examples('datastreamer recover data-stream.bin', 'datastreamer recover data-stream.bin --from relay:7900'),
    )
    .action((file: string, options: RecoverOptions) => run(wholly((context) => recover(file, options, context))))
}

async function recover(file: string, options: RecoverOptions, context: CommandContext): Promise<ExitCode> {
  const { streamType } = options
  const { out, signal, note } = context
  if ([options.from, options.takeOver, options.cut].filter((given) => given !== undefined).length > 1) {
    throw new UsageError('USAGE', 'only one of --from, --take-over and --cut can be done at a time')
  }
  const path = await existingFile(file)
  await noteBase(path, note)
  const boundaries = streamType === SEQUENCER_STREAM_TYPE ? await boundariesOf(path) : undefined
  const planning = planRecovery({ file: path, streamType, boundaries, signal })
  const plan = await reportDamages(planning, 'recover', out, false).catch((error: unknown) => {
    throw withoutHeader(error, file)
  })
  if (plan === undefined) {
    note(`${file} is whole: nothing to do`)
    return ExitCode.ok
  }
  if (options.from !== undefined) return replace(plan, options.from, options, context)
  if (options.takeOver) return takeOver(plan, options, context)
  if (options.cut) return truncate(plan, options, context)
  if (plan.isStructureWhole) return mark(plan, options, context)
  if (plan.lostEntries === 0n && plan.removedBytes === 0) return truncate(plan, options, context)
  const lost = plural(plan.lostEntries, 'entry', 'entries')
  const message = `${file}: not every entry can be read. --from SRC replaces what is damaged; --cut truncates the file before the first damage, and loses ${lost}`
  throw new UnrecoverableError('UNRECOVERABLE', message)
}

async function truncate(plan: RecoveryPlan, options: RecoverOptions, context: CommandContext): Promise<ExitCode> {
  const answer = await confirm([...truncationRows(plan), ['index', 'rebuilt']], options, context)
  if (answer !== 'agreed') return notDone(answer)
  const { copy, bookmarks } = await recoverStream(plan)
  const { note } = context
  note(`recovered ${plan.file}: ${plural(plan.to.totalEntries, 'entry', 'entries')}, ${plural(bookmarks, 'bookmark')}`)
  note(`what was removed is kept in ${copy}`)
  return plan.lostEntries === 0n ? ExitCode.ok : ExitCode.dataLost
}

async function replace(
  plan: RecoveryPlan,
  src: string,
  options: RecoverOptions,
  context: CommandContext,
): Promise<ExitCode> {
  if (plan.damaged.length === 0) {
    throw new UnrecoverableError(
      'UNRECOVERABLE',
      `${plan.file}: no entry is damaged, only the header; leave out --from`,
    )
  }
  await using source = await openEntrySource(src, options, context)
  const compared = await compareAround(plan, source)
  const rows: [string, string][] = [
    ...rangeRows(plan.damaged, 'replaced'),
    ['from', source.name],
    ['compared', `${plural(compared, 'whole entry', 'whole entries')} around: equal`],
    ['index', 'rebuilt'],
  ]
  const answer = await confirm(rows, options, context)
  if (answer !== 'agreed') return notDone(answer)
  const { copies, changedBytes, bookmarks } = await replaceDamaged(plan, source)
  context.note(`recovered ${plan.file}: ${plural(changedBytes, 'byte')} changed, ${plural(bookmarks, 'bookmark')}`)
  for (const copy of copies) context.note(`what was replaced is kept in ${copy}`)
  return ExitCode.ok
}

async function mark(plan: RecoveryPlan, options: RecoverOptions, context: CommandContext): Promise<ExitCode> {
  const marked = new DamagedRanges()
  for (const range of plan.damaged) marked.add(range)
  for (const range of plan.uncovered) marked.remove(range)
  if (marked.all.length === 0) {
    const message = `${plan.file}: every entry can be read, but some checksums cannot: nothing here says whether those entries are right. --from SRC compares them with those of another source; --take-over accepts them`
    throw new UnrecoverableError('UNRECOVERABLE', message)
  }
  const rows: [string, string][] = [...rangeRows(marked.all, 'marked'), ['rest', 'is kept, and served']]
  const answer = await confirm(rows, options, context)
  if (answer !== 'agreed') return notDone(answer)
  await markDamaged(plan)
  context.note(`marked in ${plan.file}: what is damaged is not sent to anyone (--from SRC replaces it)`)
  return ExitCode.dataLost
}

async function takeOver(plan: RecoveryPlan, options: RecoverOptions, context: CommandContext): Promise<ExitCode> {
  const rows: [string, string][] = [...rangeRows(plan.damaged, 'accepted'), ['index', 'rebuilt']]
  const answer = await confirm(rows, options, context)
  if (answer !== 'agreed') return notDone(answer)
  const bookmarks = await takeOverChanges(plan)
  context.note(`${plan.file} is accepted as it is, ${plural(bookmarks, 'bookmark')}`)
  return ExitCode.ok
}

function rangeRows(damaged: readonly EntryRange[], done: string): [string, string][] {
  const rows = damaged.slice(0, MAX_LISTED).map((range): [string, string] => [done, rangeText(range)])
  const more = damaged.length - rows.length
  return more > 0 ? [...rows, [done, `${plural(more, 'further range')}`]] : rows
}

function notDone(answer: 'refused' | 'shown'): ExitCode {
  return answer === 'shown' ? ExitCode.ok : ExitCode.failed
}

/** The damage itself is reported already. */
function withoutHeader(error: unknown, file: string): unknown {
  if (!(error instanceof DamageError) || error.code === 'WRONG_STREAM_TYPE') return error
  const message = `${file} cannot be recovered: without its header nothing says what the stream is`
  return new UnrecoverableError('UNRECOVERABLE', message, { cause: error })
}
