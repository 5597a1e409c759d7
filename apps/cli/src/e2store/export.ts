import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ExportError, parseSegmentName, type WrittenSegment, writeArchive } from '@datastreamer/archive'
import { nodeSha256, segmentFolder } from '@datastreamer/archive/node'
import { SEQUENCER_STREAM_TYPE, StreamError } from '@datastreamer/format'
import { SequencerEntryError, toJson } from '@datastreamer/sequencer-entries'
import { Command, Option } from 'commander'
import { type NumberedBound, readBound, readCount } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { bookmarkOf } from '../source/bookmarks.ts'
import { generationOf, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import { RangeEnd } from '../tail/range-end.ts'
import { wholly } from '../wholly.ts'

interface ExportOptions extends SourceOptions {
  readonly out: string
  readonly blocksPerFile?: number
  readonly entriesPerFile?: number
  readonly from?: NumberedBound
  readonly to?: NumberedBound
  readonly json?: boolean
}

const DEFAULT_BLOCKS = 8192
const DEFAULT_ENTRIES = 65_536

const AFTER = `
Files are named SYSTEM-ENTRY-DIGEST.e2ds, by their content: the same stream gives the same files. The stream is read
from its beginning even with --from, because the digests of a file cover all that is before it.

A stream of another type than 1 is split by entries, and its archives have no index of blocks.`

export function exportCommand(run: RunCommand): Command {
  return takesSource(new Command('export'))
    .summary('archive a data stream into files')
    .description(
      'Archive the entries of a data stream into e2store files, split between batches, with an index of L2 blocks.',
    )
    .addOption(new Option('--out <folder>', 'folder for the files; made if absent').makeOptionMandatory())
    .addOption(
      new Option('--blocks-per-file <n>', `blocks after which a file ends with its batch (default: ${DEFAULT_BLOCKS})`)
        .argParser(readCount)
        .conflicts('entriesPerFile'),
    )
    .addOption(
      new Option(
        '--entries-per-file <n>',
        `split by entries, without an index (default: ${DEFAULT_ENTRIES})`,
      ).argParser(readCount),
    )
    .addOption(new Option('--from <place>', 'begin there: N, block:N or batch:N (default: 0)').argParser(readBound))
    .addOption(new Option('--to <place>', 'end after it: N, block:N or batch:N').argParser(readBound))
    .option('--json', 'one JSON object a line for each file')
    .addHelpText('after', AFTER)
    .action((src: string, options: ExportOptions) => run(wholly((context) => exportFiles(src, options, context))))
}

async function exportFiles(src: string, options: ExportOptions, context: CommandContext): Promise<void> {
  const { out, signal, note } = context
  const { from, to, blocksPerFile, entriesPerFile } = options
  await using source = await openSource(src, options, context)
  const header = await source.getHeader()
  const encoding = await generationOf(source, options, signal)
  const byEntries = entriesPerFile !== undefined || header.streamType !== SEQUENCER_STREAM_TYPE
  if (byEntries && blocksPerFile !== undefined) {
    const message = `a stream of type ${header.streamType} has no blocks: use --entries-per-file`
    throw new UsageError('USAGE', message)
  }
  using progress = new Progress('export')
  const names = new Set<string>()
  try {
    const end = to && new RangeEnd(to, encoding)
    for await (const segment of writeArchive(source, {
      create: await segmentFolder(options.out),
      encoding: byEntries ? undefined : encoding,
      perSegment: byEntries ? (entriesPerFile ?? DEFAULT_ENTRIES) : (blocksPerFile ?? DEFAULT_BLOCKS),
      from: from && (from.kind === 'entry' ? from.number : bookmarkOf(from.kind, from.number, encoding)),
      endAt: end && ((entry) => end.at(entry)),
      signal,
      sha256: nodeSha256,
      onProgress: (entries, total) => progress.show(entries, total),
    })) {
      progress.clear()
      const path = join(options.out, segment.name)
      await out.line(options.json ? JSON.stringify(jsonOf(path, segment)) : lineOf(path, segment))
      names.add(segment.name)
    }
  } catch (error) {
    throw withHint(error)
  }
  note(`archived ${src} in ${plural(names.size, 'file')}`)
  const others = (await readdir(options.out)).filter((name) => isOther(name, header.systemId, names))
  if (others.length > 0) note(`not of this export, in ${options.out}: ${others.join(', ')}`)
}

/** Whether a file is a segment of the same system that another export made, maybe when the stream was shorter. */
function isOther(name: string, systemId: bigint, names: ReadonlySet<string>): boolean {
  return parseSegmentName(name)?.systemId === systemId && !names.has(name)
}

/** What cannot be read as blocks can be archived all the same. */
function withHint(error: unknown): unknown {
  const unreadable =
    error instanceof SequencerEntryError || (error instanceof ExportError && error.code === 'NO_SEQUENCER_STREAM')
  if (!(unreadable && error instanceof StreamError)) return error
  const hint = 'try another --generation, or archive it as it is with --entries-per-file'
  return new ExportError('NO_SEQUENCER_STREAM', `${error.message}; ${hint}`, { cause: error })
}

function lineOf(path: string, { header, end, firstBlock, blocks }: WrittenSegment): string {
  const entries = `${plural(end.number - header.start.number, 'entry', 'entries')} from ${header.start.number} on`
  return firstBlock === undefined
    ? `${path}: ${entries}`
    : `${path}: ${entries}, ${plural(blocks, 'block')} from ${firstBlock} on`
}

function jsonOf(path: string, { name, header, end, firstBlock, blocks }: WrittenSegment): unknown {
  return toJson({
    file: path,
    name,
    firstEntry: header.start.number,
    nextEntry: end.number,
    firstBlock: firstBlock ?? null,
    blocks,
    digest: end.digest,
  })
}
