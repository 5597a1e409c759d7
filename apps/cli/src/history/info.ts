import type { History, SegmentLeaf } from '@datastreamer/archive'
import { Command } from 'commander'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import { count, plural, table, time } from '../output/text.ts'
import type { RunCommand } from '../run-command.ts'
import { openHistoryOf, type PublicKeyOptions } from '../source/open-history.ts'
import { takesHistory } from './takes-history.ts'

interface InfoOptions extends PublicKeyOptions {
  readonly segments?: boolean
  readonly json?: boolean
}

export function infoCommand(run: RunCommand): Command {
  return takesHistory(new Command('info'))
    .summary('show what a history holds')
    .description('Show what a history holds: its log, its segments, entries, blocks and sizes.')
    .option('--segments', 'a line for each segment too')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', examples('datastreamer history info https://cdn.example/zkevm --public-key zkevm.pub'))
    .action((src: string, options: InfoOptions) =>
      run(async (context) => {
        await using history = await openHistoryOf(src, options, context)
        const segments = await history.segments({ signal: context.signal })
        const { out } = context
        if (options.json) {
          await out.line(JSON.stringify(toJson(history, segments, options)))
          if (options.segments) await out.lines(segments.map((leaf) => JSON.stringify(segmentJson(leaf))))
          return
        }
        await out.lines(table(rows(history, segments, options)))
        if (options.segments) await out.lines(segments.map(segmentLine))
      }),
    )
}

interface Facts {
  readonly stored: number
  readonly bytes: number
  readonly blocks: number
  readonly first: SegmentLeaf | undefined
  readonly last: SegmentLeaf | undefined
}

function factsOf(segments: readonly SegmentLeaf[]): Facts {
  const stored = segments.reduce((sum, leaf) => sum + leaf.bytes, 0)
  const bytes = segments.reduce((sum, { start, end }) => sum + end.position - start.position, 0)
  const blocks = segments.reduce((sum, leaf) => sum + leaf.blocks.count, 0)
  const withBlocks = segments.filter((leaf) => leaf.blocks.count > 0)
  return { stored, bytes, blocks, first: withBlocks[0], last: withBlocks.at(-1) }
}

function rows(history: History, segments: readonly SegmentLeaf[], { publicKey }: InfoOptions): [string, string][] {
  const { generation, version, systemId, streamType, totalEntries, totalLength } = history.getHeader()
  const { stored, bytes, blocks, first, last } = factsOf(segments)
  const ratio = stored === 0 ? '' : `, ${(bytes / stored).toFixed(1)} times smaller`
  const all: [string, string][] = [
    ['history', history.name],
    ['log', `${history.origin}, ${plural(history.size, 'leaf', 'leaves')}`],
    ['signed', publicKey === undefined ? 'not checked: no --public-key' : 'by the key that was given'],
    ['header', `generation ${generation}`],
    ['version', String(version)],
    ['system id', String(systemId)],
    ['stream type', String(streamType)],
    ['entries', count(totalEntries)],
    ['length', `${count(totalLength)} bytes`],
    ['segments', `${count(segments.length)}, ${bytesText(stored)} stored${ratio}`],
  ]
  if (first === undefined || last === undefined) return all
  const { blocks: from } = first
  const { blocks: to } = last
  return [
    ...all,
    ['blocks', `${count(blocks)}, ${from.first} to ${to.first + BigInt(to.count) - 1n}`],
    ['batches', `${from.firstBatch} to ${to.lastBatch}`],
    ['time', `${time(from.firstTime)} to ${time(to.lastTime)}`],
  ]
}

function toJson(history: History, segments: readonly SegmentLeaf[], { publicKey }: InfoOptions): object {
  const { totalEntries, systemId, streamType, ...header } = history.getHeader()
  const { stored, blocks, first, last } = factsOf(segments)
  const range = first && last && { firstBlock: String(first.blocks.first), lastBlock: lastBlockOf(last) }
  return {
    ...{ source: history.name, origin: history.origin, leaves: history.size },
    authorChecked: publicKey !== undefined,
    ...{ ...header, systemId: String(systemId), streamType: String(streamType), totalEntries: String(totalEntries) },
    ...{ segments: segments.length, storedBytes: stored, blocks, ...range },
  }
}

function segmentJson({ epoch, start, end, bytes, blocks, records }: SegmentLeaf): object {
  const range = blocks.count > 0 && {
    firstBlock: String(blocks.first),
    firstBatch: String(blocks.firstBatch),
    lastBatch: String(blocks.lastBatch),
    firstTime: String(blocks.firstTime),
    lastTime: String(blocks.lastTime),
  }
  const entries = { firstEntry: String(start.number), nextEntry: String(end.number) }
  return { epoch, ...entries, bytes, records: records.length, blocks: blocks.count, ...range }
}

function segmentLine({ start, end, bytes, blocks }: SegmentLeaf): string {
  const range =
    blocks.count === 0 ? 'no blocks' : `blocks ${blocks.first} to ${blocks.first + BigInt(blocks.count) - 1n}`
  return `entries ${start.number} to ${end.number - 1n}, ${range}, ${bytesText(bytes)}`
}

function lastBlockOf({ blocks }: SegmentLeaf): string {
  return String(blocks.first + BigInt(blocks.count) - 1n)
}
