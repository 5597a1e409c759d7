import { SequenceChecker, type SequenceFinding, type SequenceSummary, toJson } from '@datastreamer/sequencer-entries'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Command } from 'commander'
import { examples } from '../help-text.ts'
import { Progress } from '../output/progress.ts'
import { count, plural, table } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { generationOf, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import { wholly } from '../wholly.ts'

interface SanityOptions extends SourceOptions {
  readonly json?: boolean
}

export function sanityCommand(run: RunCommand): Command {
  return takesSource(new Command('sanity'))
    .summary('check that blocks, batches and bookmarks are in order')
    .description('Read a whole stream and check that entries, blocks, batches and bookmarks follow each other.')
    .option('--json', 'one JSON object a line: each finding, and at the end the summary')
    .addHelpText('after', '\nEnds with status 1 if something is out of order.')
    .addHelpText('after', examples('datastreamer sanity 127.0.0.1:6900'))
    .action((src: string, options: SanityOptions) => run(wholly((context) => sanity(src, options, context))))
}

async function sanity(src: string, options: SanityOptions, { out, signal, note }: CommandContext): Promise<ExitCode> {
  await using source = await openSource(src, options, { signal, note })
  const header = await source.getHeader()
  const checker = new SequenceChecker({ generation: await generationOf(source, options, signal) })
  using progress = new Progress('sanity')
  const report = async (findings: readonly SequenceFinding[]): Promise<void> => {
    if (findings.length === 0) return
    progress.clear()
    await out.lines(findings.map((finding) => (options.json ? JSON.stringify(toJson(finding)) : findingLine(finding))))
  }
  for await (const entries of source.batches({ from: source.firstEntry, follow: false, signal })) {
    for (const entry of entries) await report(checker.push(entry))
    progress.show(Number(entries.at(-1)?.number ?? 0n), Number(header.totalEntries))
  }
  await report(checker.end())
  progress.clear()
  const { summary } = checker
  await out.lines(options.json ? [JSON.stringify(toJson(summary))] : summaryLines(summary))
  return summary.findings === 0n ? ExitCode.ok : ExitCode.failed
}

function findingLine({ code, entryNumber, expected, found }: SequenceFinding): string {
  return `entry ${entryNumber}: ${code}: found ${found}, expected ${expected}`
}

function summaryLines(summary: SequenceSummary): string[] {
  const range = (first: bigint | undefined, last: bigint | undefined): string => {
    return first === undefined || last === undefined ? '' : ` (${first} to ${last})`
  }
  const found = summary.findings === 0n ? 'in order' : plural(summary.findings, 'finding')
  return table([
    ['entries', `${count(summary.entries)}${range(summary.firstEntry, summary.lastEntry)}`],
    ['bookmarks', count(summary.bookmarks)],
    ['batches', `${count(summary.batches)}${range(summary.firstBatch, summary.lastBatch)}`],
    ['blocks', `${count(summary.blocks)}${range(summary.firstBlock, summary.lastBlock)}`],
    ['transactions', count(summary.transactions)],
    ['GER updates', count(summary.gerUpdates)],
    ['result', found],
  ])
}
