import { ExitCode } from '@datastreamer/service/exit-code'
import { planTruncation, truncateStream } from '@datastreamer/store/check'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { type ConfirmOptions, confirm } from '../write/confirm.ts'
import { existingFile } from '../write/existing-file.ts'
import { takesConfirmation, truncationRows } from '../write/truncation-rows.ts'

interface TruncateOptions extends ConfirmOptions {
  readonly entry: bigint
  readonly streamType: bigint
}

export function truncateCommand(run: RunCommand): Command {
  const command = new Command('truncate')
    .addArgument(new Argument('<FILE>', 'the stream file; no server may be writing it'))
    .summary('remove an entry and all after it')
    .description(
      'Show what would be removed, and after a yes truncate a stream file: an entry and all after it are removed, with ' +
        'their bookmarks. What is removed is kept in a file beside it.',
    )
    .addOption(new Option('--entry <n>', 'first entry to remove (required)').argParser(readU64).makeOptionMandatory())
    .addOption(new Option('--stream-type <n>', 'type of the stream').default(1n, '1').argParser(readU64))
  return takesConfirmation(command)
    .addHelpText('after', '\nEnds with status 1 if nothing was done; --dry-run with 0.')
    .addHelpText('after', examples('datastreamer truncate data-stream.bin --entry 1000   entries 0 to 999 stay'))
    .action((file: string, options: TruncateOptions) => run(wholly((context) => truncate(file, options, context))))
}

async function truncate(file: string, options: TruncateOptions, context: CommandContext): Promise<ExitCode> {
  const { entry, streamType } = options
  const plan = await planTruncation({ file: await existingFile(file), entry, streamType })
  const answer = await confirm(truncationRows(plan), options, context)
  if (answer !== 'agreed') return answer === 'shown' ? ExitCode.ok : ExitCode.failed
  const copy = await truncateStream(plan)
  const { note } = context
  note(`removed ${plural(plan.lostEntries, 'entry', 'entries')}; ${file} now has ${plural(entry, 'entry', 'entries')}`)
  note(`what was removed is kept in ${copy}`)
  return ExitCode.ok
}
