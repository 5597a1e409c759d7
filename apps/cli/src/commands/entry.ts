import { Argument, Command } from 'commander'
import { readU64 } from '../arguments.ts'
import { MissingError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { describeEntry, entryJson } from '../output/entry-text.ts'
import type { RunCommand } from '../run-command.ts'
import { encodingOf, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'

export function entryCommand(run: RunCommand): Command {
  return takesSource(new Command('entry'))
    .addArgument(new Argument('<N>', 'number of the entry').argParser(readU64))
    .summary('show one entry')
    .description('Show the entry with a number, and what it holds.')
    .option('--json', 'as one JSON object: number, type, length, data')
    .addHelpText(
      'after',
      examples('datastreamer entry data-stream.bin 0', 'datastreamer entry 127.0.0.1:6900 1234 --json'),
    )
    .action((src: string, number: bigint, options: SourceOptions & { readonly json?: boolean }) =>
      run(async (context) => {
        await using source = await openSource(src, options, context)
        const entry = await source.getEntry(number)
        if (entry === undefined) {
          const { totalEntries } = await source.getHeader()
          throw new MissingError('NOT_FOUND', `${src} has no entry ${number}, only ${totalEntries} entries`)
        }
        if (options.json) await context.out.line(entryJson(entry))
        else await context.out.lines(describeEntry(entry, await encodingOf(source, options, context.signal)))
      }),
    )
}
