import { type HistoryProgress, mirrorHistory } from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import { openObjects, openWritableObjects } from '@datastreamer/e2store/node'
import { ExitCode } from '@datastreamer/service/exit-code'
import { Argument, Command } from 'commander'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { historyReading, type PublicKeyOptions } from '../source/open-history.ts'
import { wholly } from '../wholly.ts'
import { takesHistory } from './takes-history.ts'

interface MirrorOptions extends PublicKeyOptions {
  readonly recheck?: boolean
  readonly json?: boolean
}

export function mirrorCommand(run: RunCommand): Command {
  return takesHistory(new Command('mirror'))
    .addArgument(new Argument('<DEST>', 'where to: a folder, or s3://bucket/prefix'))
    .summary('copy a history, or bring a copy up to date')
    .description(
      'Copy a history, or what a copy does not have yet. Everything is verified on the way; the checkpoint is written once ' +
        'all is there that it speaks of. An interrupted call is continued by the same command.',
    )
    .option('--recheck', 'look at everything again that the copy is said to have')
    .option('--json', 'as one JSON object')
    .addHelpText('after', '\nEnds with status 1 if segments are missing or wrong: the copy then keeps its checkpoint.')
    .addHelpText(
      'after',
      examples('datastreamer history mirror https://cdn.example/zkevm zkevm --public-key zkevm.pub'),
    )
    .action((src: string, dest: string, options: MirrorOptions) =>
      run(wholly((context) => mirror(src, dest, options, context))),
    )
}

async function mirror(src: string, dest: string, options: MirrorOptions, context: CommandContext): Promise<ExitCode> {
  const { out, note } = context
  await using from = await openObjects(src)
  await using to = await openWritableObjects(dest)
  using progress = new Progress('mirror')
  const onProgress = ({ bytes, totalBytes }: HistoryProgress): void => progress.show(bytes, totalBytes)
  const reading = await historyReading(src, options, context)
  const { recheck = false } = options
  const report = await mirrorHistory(from, to, { ...reading, codecs: nodeCodecs, recheck, onProgress })
  progress.clear()
  const { copied, kept, bytes, gaps, isPublished } = report
  if (options.json) {
    const found = gaps.map(({ code, message, key }) => ({ code, message, key: key ?? null }))
    await out.line(JSON.stringify({ copied, kept, bytes, isPublished, gaps: found }))
  } else {
    const rest = kept === 0 ? '' : `; ${plural(kept, 'segment')} were there`
    await out.line(`${plural(copied, 'segment')} copied, ${bytesText(bytes)}${rest}`)
  }
  for (const { code, message } of gaps) note(`${code} ${message}`)
  return isPublished ? ExitCode.ok : ExitCode.failed
}
