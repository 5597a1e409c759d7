import { openStore } from '@datastreamer/server'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { plural } from '../output/text.ts'
import type { RunCommand } from '../run-command.ts'
import { existingFile } from '../write/existing-file.ts'

interface TruncateOptions {
  readonly entry: bigint
  readonly streamType: bigint
}

export function truncateCommand(run: RunCommand): Command {
  return new Command('truncate')
    .addArgument(new Argument('<FILE>', 'the stream file; no server may be writing it'))
    .summary('remove an entry and all behind it')
    .description('Cut a stream file so that an entry and all behind it are gone, with their bookmarks.')
    .addOption(new Option('--entry <n>', 'first entry to remove (required)').argParser(readU64).makeOptionMandatory())
    .addOption(new Option('--stream-type <n>', 'type of the stream').default(1n, '1').argParser(readU64))
    .addHelpText('after', examples('datastreamer truncate data-stream.bin --entry 1000   entries 0 to 999 stay'))
    .action((file: string, { entry, streamType }: TruncateOptions) =>
      run(async ({ note }) => {
        const store = await openStore({ file: await existingFile(file), streamType })
        try {
          const { totalEntries } = store.getHeader()
          await store.truncateFile(entry)
          note(
            `removed ${plural(totalEntries - entry, 'entry', 'entries')}; ${file} now has ${plural(entry, 'entry', 'entries')}`,
          )
        } finally {
          await store.close()
        }
      }),
    )
}
