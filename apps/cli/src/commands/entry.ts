import { ENTRY_HEAD_BYTES, type Entry } from '@datastreamer/format'
import { type Generation, toJson } from '@datastreamer/sequencer-entries'
import { Argument, Command } from 'commander'
import { readU64 } from '../arguments.ts'
import { NotFoundError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { entryJson, tryDecode, typeText } from '../output/entry-text.ts'
import { count, hex, table } from '../output/text.ts'
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
          throw new NotFoundError('NOT_FOUND', `${src} has no entry ${number}, only ${totalEntries} entries`)
        }
        if (options.json) await context.out.line(entryJson(entry))
        else await context.out.lines(describeEntry(entry, await encodingOf(source, options, context.signal)))
      }),
    )
}

/** An entry with all that it holds, a line for each field. */
export function describeEntry(entry: Entry, generation: Generation | undefined): string[] {
  const rows: [string, string][] = [
    ['number', String(entry.number)],
    ['type', typeText(entry.type)],
    ['length', `${count(ENTRY_HEAD_BYTES + entry.data.length)} bytes`],
    ['data', hex(entry.data)],
  ]
  if (generation === undefined) return table(rows)
  const decoded = tryDecode(entry, generation)
  const fields = typeof decoded === 'string' ? { content: decoded } : toJson(decoded)
  for (const [name, value] of Object.entries(fields ?? {})) {
    rows.push([`  ${name}`, typeof value === 'string' ? value : JSON.stringify(value)])
  }
  return table(rows)
}
