import { ExitCode } from '@datastreamer/service/exit-code'
import { type VerifySummary, verifyStream } from '@datastreamer/store/check'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { reportDamages } from '../output/report-damages.ts'
import { count, plural, table } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { existingFile } from '../write/existing-file.ts'

interface VerifyOptions {
  readonly streamType: bigint
  readonly json?: boolean
}

export function verifyCommand(run: RunCommand): Command {
  return new Command('verify')
    .addArgument(new Argument('<FILE>', 'the stream file; a server may be using it'))
    .summary('check every byte of a file')
    .description(
      'Check a stream file as a whole: header, pages, every entry, and the checksums of its commits where the file ' +
        'comes with a commit log. Every damage is reported, with its position.',
    )
    .addOption(new Option('--stream-type <n>', 'type that the stream must have').default(1n, '1').argParser(readU64))
    .option('--json', 'one JSON object a line: each damage, and at the end the summary')
    .addHelpText('after', '\nEnds with status 1 if something is damaged. What blocks hold is checked by sanity.')
    .addHelpText('after', examples('datastreamer verify data-stream.bin'))
    .action((file: string, options: VerifyOptions) => run(wholly((context) => verify(file, options, context))))
}

async function verify(
  file: string,
  { streamType, json = false }: VerifyOptions,
  { out, signal }: CommandContext,
): Promise<ExitCode> {
  const summary = await reportDamages(
    verifyStream({ file: await existingFile(file), streamType, signal }),
    'verify',
    out,
    json,
  )
  await out.lines(json ? [JSON.stringify(summaryJson(summary))] : summaryLines(summary))
  if (!json && summary.damages > 0 && summary.isStructureWhole) await out.lines(['', ...CHANGED_IN_PLACE])
  return summary.damages === 0 ? ExitCode.ok : ExitCode.failed
}

const CHANGED_IN_PLACE = [
  'Every entry can be read, only checksums differ or cannot be read. So bytes have rotted, here or in the commit log, or',
  'another program, such as a Go server, has changed entries in place that were committed here. recover --from SRC',
  'compares them with those of another source and replaces what differs; recover --take-over accepts them as they are.',
]

function summaryJson({
  header,
  base,
  fileBytes,
  entries,
  bookmarks,
  checksums,
  damages,
  whole,
}: VerifySummary): object {
  return {
    totalEntries: header === undefined ? null : String(header.totalEntries),
    totalLength: header?.totalLength ?? null,
    fileBytes,
    ...(base.totalEntries > 0n ? { firstEntry: String(base.totalEntries) } : {}),
    entries: String(entries),
    bookmarks: String(bookmarks),
    checksums,
    damages,
    wholeEntries: String(whole.totalEntries),
    wholeLength: whole.totalLength,
  }
}

function summaryLines({ base, entries, bookmarks, checksums, paddingBytes, damages, whole }: VerifySummary): string[] {
  const late: [string, string] = ['begins with', `entry ${base.totalEntries}: those before are not in this file`]
  const rows: [string, string][] = [
    ...(base.totalEntries > 0n ? [late] : []),
    ['entries', count(entries)],
    ['bookmarks', count(bookmarks)],
    ['padding', plural(paddingBytes, 'byte')],
    ['checksums', count(checksums)],
    ['result', damages === 0 ? 'whole' : plural(damages, 'damage')],
  ]
  if (damages > 0) rows.push(['whole up to', `entry ${whole.totalEntries}, byte ${whole.totalLength}`])
  return table(rows)
}
