import type { Entry } from '@datastreamer/format'
import type { Generation } from '@datastreamer/sequencer-entries'
import { Command, Option } from 'commander'
import { type Bound, boundText, type NumberedBound, readBound, readCount, readStart } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { blockJson, blockLine } from '../output/block-text.ts'
import { entryJson, entryLine } from '../output/entry-text.ts'
import { type CommandContext, type RunCommand, untilInterrupted } from '../run-command.ts'
import { bookmarkOf, hasBookmarks, startAt } from '../source/bookmarks.ts'
import { generationOf, isSequencerStream, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import { readFrom, type Start, type StreamSource } from '../source/stream-source.ts'
import { blocksOf } from '../tail/blocks.ts'
import { type NamedType, readTypes, typesOf } from '../tail/entry-types.ts'
import { startOfLast } from '../tail/last.ts'
import { RangeEnd, upTo } from '../tail/range-end.ts'
import { sayWaiting } from '../tail/waiting.ts'

interface TailOptions extends SourceOptions {
  readonly from?: Bound
  readonly to?: NumberedBound
  readonly last?: number
  readonly blocks?: boolean
  readonly types?: readonly NamedType[]
  readonly json?: boolean
  readonly count?: number
  readonly follow: boolean
}

export function tailCommand(run: RunCommand): Command {
  return takesSource(new Command('tail'))
    .summary('print entries or L2 blocks, and wait for more')
    .description('Print the entries of a stream, or its L2 blocks, a line each, and wait for more.')
    .addOption(
      new Option(
        '--from <place>',
        'N, latest, block:N or batch:N (default: latest, with --to or --no-follow 0)',
      ).argParser(readStart),
    )
    .addOption(
      new Option('-n, --last <n>', 'begin with the last N entries, or with --blocks blocks, that are there').argParser(
        readCount,
      ),
    )
    .addOption(new Option('--to <place>', 'end after it: N, block:N or batch:N').argParser(readBound))
    .addOption(
      new Option('--types <list>', 'only entries of these types, numbers or names: 2,0xb0,l2Block').argParser(
        readTypes,
      ),
    )
    .option('--blocks', 'whole L2 blocks instead of entries')
    .option('--json', 'one JSON object a line')
    .addOption(new Option('--count <n>', 'end after so many lines').argParser(readCount))
    .option('--no-follow', 'end at the head of the stream')
    .addHelpText(
      'after',
      examples(
        'datastreamer tail 127.0.0.1:6900 --blocks              L2 blocks as they come',
        'datastreamer tail data-stream.bin -n 10                the last entries of a file, and those to come',
        'datastreamer tail data-stream.bin --from 0 --count 20  the first entries of a file',
        'datastreamer tail host:6900 --types l2Block,batchStart entries of two types as they come',
        'datastreamer tail host:6900 --from block:100 --to block:199 --blocks --json',
        'datastreamer tail host:6900 --from 0 --blocks --json --no-follow | gzip > blocks.jsonl.gz',
      ),
    )
    .action((src: string, options: TailOptions) => run((context) => tail(src, options, context)))
}

async function tail(src: string, options: TailOptions, context: CommandContext): Promise<void> {
  checkStart(options)
  checkOrder(options)
  checkTypes(options)
  await using source = await openSource(src, options, context, options.follow)
  const generation = await generationOf(source, options, context.signal)
  await checkEnd(source, options, generation)
  const from = await startOf(source, options, generation, context.signal)
  const lines = linesOf(source, from, options, generation, context.signal)
  const printing = print(lines, source, from, options, context)
  // What is followed has no end of its own: Ctrl-C is how one leaves.
  await (options.follow ? untilInterrupted(printing) : printing)
}

/** @throws {UsageError} if the options name more than one start, or an end that may be before it */
function checkStart({ from, to, last }: TailOptions): void {
  if (last === undefined) return
  if (from !== undefined) throw new UsageError('USAGE', '-n and --from both say where to begin: give one of them')
  if (to !== undefined) throw new UsageError('USAGE', '-n counts from the head of the stream: with --to, give --from')
}

/** @throws {UsageError} if what is to be printed, or where to begin or end, is made of entries that are not asked for */
function checkTypes({ types, blocks, last, to }: TailOptions): void {
  if (types === undefined) return
  if (blocks) throw new UsageError('USAGE', '--blocks are made of entries of many types: leave --types out')
  if (last !== undefined) throw new UsageError('USAGE', '-n counts entries of all types: with --types, give --from')
  if (to === undefined || to.kind === 'entry') return
  throw new UsageError(
    'USAGE',
    `where ${boundText(to)} ends is said by entries of other types: with --types, give --to N`,
  )
}

/** @throws {UsageError} if the range ends before it begins, as far as its bounds can be compared */
function checkOrder({ from, to }: TailOptions): void {
  if (from === undefined || to === undefined || from.kind === 'latest' || from.kind !== to.kind) return
  if (from.number <= to.number) return
  throw new UsageError('USAGE', `--to ${boundText(to)} is before --from ${boundText(from)}`)
}

/** @throws {UsageError} if what begins at the head is to end with what is there already: it would wait for nothing */
async function checkEnd(source: StreamSource, options: TailOptions, generation: Generation): Promise<void> {
  const { from, to } = options
  if (to === undefined || from?.kind !== 'latest') return
  const { kind, number } = to
  const hasBegun =
    kind === 'entry'
      ? number < (await source.getHeader()).totalEntries
      : hasBookmarks(kind, generation) &&
        (await source.getFirstEventAfterBookmark(bookmarkOf(kind, number, generation))) !== undefined
  if (!hasBegun) return
  throw new UsageError('USAGE', `--to ${boundText(to)} is before --from latest`)
}

async function print(
  lines: AsyncIterable<readonly string[]>,
  source: StreamSource,
  from: Start,
  { count, follow }: TailOptions,
  { out, note }: CommandContext,
): Promise<void> {
  let left = count ?? Number.POSITIVE_INFINITY
  const came = follow ? await sayWaiting({ source, from, note }) : () => {}
  try {
    for await (const some of lines) {
      came()
      await out.lines(some.slice(0, left))
      left -= some.length
      if (left <= 0) return
    }
  } finally {
    came()
  }
}

async function* linesOf(
  source: StreamSource,
  from: Start,
  options: TailOptions,
  generation: Generation,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, void> {
  const { follow, to, json } = options
  const types = options.types && typesOf(options.types, generation)
  // No entry after the end may ever come, so the source has to end there.
  const last = types !== undefined && follow ? to?.number : undefined
  const all = readFrom(source, { from, to: last, types, follow, signal })
  const batches: AsyncIterable<readonly Entry[]> = to === undefined ? all : upTo(all, new RangeEnd(to, generation))
  if (options.blocks) {
    const line = json ? blockJson : blockLine
    // Where the head or a block ends, no block is left open.
    const endIsBoundary = to?.kind !== 'entry'
    for await (const blocks of blocksOf(batches, { source, generation, endIsBoundary })) yield blocks.map(line)
  } else {
    const encoding = (await isSequencerStream(source, options)) ? generation : undefined
    const line = json ? entryJson : (entry: Entry) => entryLine(entry, encoding)
    for await (const entries of batches) yield entries.map(line)
  }
}

async function startOf(
  source: StreamSource,
  { from, to, follow, last, blocks }: TailOptions,
  generation: Generation,
  signal: AbortSignal,
): Promise<Start> {
  if (last !== undefined) {
    return startOfLast({ source, count: last, blocksOf: blocks ? generation : undefined, signal })
  }
  if (from === undefined) return follow && to === undefined ? 'latest' : source.firstEntry
  if (from.kind === 'latest') return 'latest'
  return from.kind === 'entry' ? from.number : startAt(from.kind, from.number, generation)
}
