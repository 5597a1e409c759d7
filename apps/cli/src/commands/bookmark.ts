import type { Generation } from '@datastreamer/sequencer-entries'
import { Command, Option } from 'commander'
import { readBookmark, readU64 } from '../arguments.ts'
import { MissingError, UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { describeEntry, entryJson } from '../output/entry-text.ts'
import type { RunCommand } from '../run-command.ts'
import { bookmarkOf } from '../source/bookmarks.ts'
import { generationOf, isSequencerStream, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'

interface BookmarkOptions extends SourceOptions {
  readonly block?: bigint
  readonly batch?: bigint
  readonly hex?: Uint8Array
  readonly json?: boolean
}

export function bookmarkCommand(run: RunCommand): Command {
  return takesSource(new Command('bookmark'))
    .summary('show the entry that a bookmark leads to')
    .description('Show the first entry after a bookmark that is not a bookmark itself.')
    .addOption(new Option('--block <n>', 'the bookmark of an L2 block').argParser(readU64))
    .addOption(new Option('--batch <n>', 'the bookmark of a batch').argParser(readU64))
    .addOption(new Option('--hex <bytes>', 'any bookmark').argParser(readBookmark))
    .option('--json', 'as one JSON object: number, type, length, data')
    .addHelpText(
      'after',
      examples(
        'datastreamer bookmark data-stream.bin --block 100',
        'datastreamer bookmark 127.0.0.1:6900 --batch 5 --json',
        'datastreamer bookmark data-stream.bin --hex 0x0801',
      ),
    )
    .action((src: string, options: BookmarkOptions) =>
      run(async (context) => {
        const asked = [options.block, options.batch, options.hex].filter((given) => given !== undefined)
        if (asked.length !== 1) throw new UsageError('USAGE', 'name one bookmark: --block N, --batch N or --hex BYTES')
        await using source = await openSource(src, options, context)
        const generation = await generationOf(source, options, context.signal)
        const entry = await source.getFirstEventAfterBookmark(bytesOf(options, generation))
        if (entry === undefined)
          throw new MissingError('NOT_FOUND', `${src} has no such bookmark with an entry after it`)
        const encoding = (await isSequencerStream(source, options)) ? generation : undefined
        await context.out.lines(options.json ? [entryJson(entry)] : describeEntry(entry, encoding))
      }),
    )
}

function bytesOf({ block, batch, hex }: BookmarkOptions, generation: Generation): Uint8Array {
  if (hex !== undefined) return hex
  return bookmarkOf(block === undefined ? 'batch' : 'block', block ?? batch ?? 0n, generation)
}
