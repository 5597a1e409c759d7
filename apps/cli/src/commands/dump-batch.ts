import { batchDumpText, dumpBatch, toJson } from '@datastreamer/sequencer-entries'
import { Argument, Command } from 'commander'
import { readU64 } from '../arguments.ts'
import { MissingError } from '../errors.ts'
import { examples } from '../help-text.ts'
import type { RunCommand } from '../run-command.ts'
import { hasBookmarks, startAt } from '../source/bookmarks.ts'
import { generationOf, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import { readFrom, type Start } from '../source/stream-source.ts'

export function dumpBatchCommand(run: RunCommand): Command {
  return takesSource(new Command('dump-batch'))
    .addArgument(new Argument('<N>', 'number of the batch').argParser(readU64))
    .summary('print the blocks of a batch as raw entries')
    .description('Print a batch as JSON: its first and last entry and block, and its entries in hex.')
    .option('--json', 'numbers as decimal strings, entries as 0x hex (default: as the Go command line prints them)')
    .addHelpText(
      'after',
      examples('datastreamer dump-batch data-stream.bin 5', 'datastreamer dump-batch 127.0.0.1:6900 5 --json'),
    )
    .action((src: string, number: bigint, options: SourceOptions & { readonly json?: boolean }) =>
      run(async (context) => {
        await using source = await openSource(src, options, context)
        const generation = await generationOf(source, options, context.signal)
        // Where batches are not marked, the stream is read from the start.
        const from: Start = hasBookmarks('batch', generation) ? startAt('batch', number, generation) : source.firstEntry
        const { signal } = context
        const dump = await dumpBatch(readFrom(source, { from, follow: false, signal }), number, { generation })
        if (dump === undefined) throw new MissingError('NOT_FOUND', `${src} has no block of batch ${number}`)
        const { batchData, ...numbers } = dump
        const json = { ...Object(toJson(numbers)), batchData: `0x${batchData}` }
        await context.out.lines(options.json ? [JSON.stringify(json)] : batchDumpText(dump).trimEnd().split('\n'))
      }),
    )
}
