import { readFileSync } from 'node:fs'
import { type HistoryProgress, verifyHistory } from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import { openObjects } from '@datastreamer/e2store/node'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Command, Option } from 'commander'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import { Progress } from '../output/progress.ts'
import { count, table } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { historyReading, type PublicKeyOptions } from '../source/open-history.ts'
import { wholly } from '../wholly.ts'
import { takesHistory } from './takes-history.ts'

interface VerifyOptions extends PublicKeyOptions {
  readonly since?: string
  readonly deep?: boolean
  readonly json?: boolean
}

export function verifyCommand(run: RunCommand): Command {
  return takesHistory(new Command('verify'))
    .summary('check all of a history')
    .description(
      'Read all of a history and check it: signature, leaves, tiles and every segment; with --since, that it continues a ' +
        'checkpoint that was seen before.',
    )
    .addOption(new Option('--since <file>', 'a checkpoint that was kept: the history has to continue it'))
    .option('--deep', 'also count the digests on over all entries, and compare all that is said of blocks')
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nEnds with status 1 if anything is missing or wrong.')
    .addHelpText(
      'after',
      examples('datastreamer history verify https://cdn.example/zkevm --public-key zkevm.pub --deep'),
    )
    .action((src: string, options: VerifyOptions) => run(wholly((context) => verify(src, options, context))))
}

async function verify(src: string, options: VerifyOptions, context: CommandContext): Promise<ExitCode> {
  const { out, note } = context
  const since = options.since === undefined ? undefined : readFileSync(options.since, 'utf8')
  await using objects = await openObjects(src)
  using progress = new Progress('verify')
  const onProgress = ({ bytes, totalBytes }: HistoryProgress): void => progress.show(bytes, totalBytes)
  const reading = await historyReading(src, options, context)
  const deep = options.deep ?? false
  const report = await verifyHistory(objects, { ...reading, codecs: nodeCodecs, since, deep, onProgress })
  progress.clear()
  const { size, segments, entries, bytes, faults } = report
  if (options.json) {
    const found = faults.map(({ code, message, key }) => ({ code, message, key: key ?? null }))
    await out.line(JSON.stringify({ leaves: size, segments, entries: String(entries), bytes, faults: found }))
  } else {
    await out.lines(
      table([
        ['leaves', count(size)],
        ['segments', `${count(segments)}, ${bytesText(bytes)}`],
        ['entries', count(entries)],
        ['result', faults.length === 0 ? 'sound' : `${count(faults.length)} faults`],
      ]),
    )
    for (const { code, message } of faults) note(`${code} ${message}`)
  }
  return faults.length === 0 ? ExitCode.ok : ExitCode.failed
}
