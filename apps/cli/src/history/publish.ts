import type { PublishEvent } from '@datastreamer/archive'
import { readSignerKeys } from '@datastreamer/service/keys'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { bytesText } from '../output/amounts.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { openOperationSource } from '../source/operation-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import { wholly } from '../wholly.ts'
import { type Lag, readLag } from './lag.ts'

interface PublishOptions extends SourceOptions {
  readonly key: string
  readonly state?: string
  readonly lag: Lag
  readonly segmentBytes?: number
  readonly period?: number
  readonly follow?: boolean
  readonly rest?: boolean
}

const AFTER = `
What is published once is never changed: when the stream was truncated below it, the history goes on in a new epoch, and
the old segments stay as evidence. The state (all leaves, the newest checkpoint, segments that are on their way) is kept
in a folder of its own, by default beside the key; the same command goes on where it was stopped.`

export function publishCommand(run: RunCommand): Command {
  return takesSource(new Command('publish'))
    .addArgument(new Argument('<DEST>', 'where to: a folder, or s3://bucket/prefix'))
    .summary('publish a stream as a history')
    .description('Publish a stream, of a file, a server or another history, as signed, immutable segments.')
    .addOption(new Option('--key <file>', 'private key that signs (history keygen makes one)').makeOptionMandatory())
    .addOption(new Option('--state <folder>', 'where the state is kept (default: <key>.state)'))
    .addOption(
      new Option(
        '--lag <n>',
        'how far the head has to be from the end of a segment that is sealed: 1000 entries, 100b blocks',
      )
        .default({ entries: 0 }, '0')
        .argParser(readLag),
    )
    .addOption(
      new Option('--segment-bytes <n>', 'bytes of entries in a segment, about (default: 32 MiB)').argParser(readCount),
    )
    .addOption(
      new Option('--period <s>', 'seconds of block time in a segment at most (default: 3600)').argParser(readCount),
    )
    .option('--follow', 'go on with what comes')
    .option('--rest', 'seal also what does not fill a segment')
    .addHelpText('after', AFTER)
    .addHelpText(
      'after',
      examples(
        'datastreamer history publish data-stream.bin history --key history.key --rest',
        'datastreamer history publish 127.0.0.1:6900 s3://bucket/zkevm --key history.key --lag 100b --follow',
      ),
    )
    .action((src: string, dest: string, options: PublishOptions) =>
      run(wholly((context) => publish(src, dest, options, context))),
    )
}

async function publish(src: string, dest: string, options: PublishOptions, context: CommandContext): Promise<void> {
  const { out, note, signal } = context
  const keys = await readSignerKeys('--key', options.key)
  const [{ publishHistory }, { nodeSha256, nodeZstdEncoder, openPublisherState }, { openWritableObjects }] =
    await Promise.all([
      import('@datastreamer/archive'),
      import('@datastreamer/archive/node'),
      import('@datastreamer/e2store/node'),
    ])
  const { follow = false, rest, lag, segmentBytes, period: periodSeconds, generation: encoding } = options
  await using destination = await openWritableObjects(dest)
  await using state = await openPublisherState(options.state ?? `${options.key}.state`)
  await using source = await openOperationSource(src, options, context, follow)
  const lines: Promise<void>[] = []
  const onEvent = (event: PublishEvent): void => {
    const line = lineOf(event)
    if (line !== undefined) lines.push(out.line(line).catch(() => undefined))
    if (event.kind === 'failed') note(`datastreamer: ${event.what}: ${messageOf(event.error)}`)
  }
  const how = { encoding, lag, follow, rest, segmentBytes, periodSeconds, signal, onEvent }
  const parts = { source, destination, state, keys, zstd: nodeZstdEncoder, sha256: nodeSha256 }
  try {
    await publishHistory({ ...parts, ...how, confirmMs: follow ? undefined : 0 })
  } finally {
    await Promise.all(lines)
  }
  note(`${dest} is published`)
}

function lineOf(event: PublishEvent): string | undefined {
  switch (event.kind) {
    case 'sealed': {
      const { start, end, bytes, blocks } = event.leaf
      const range = blocks.count === 0 ? '' : `, blocks ${blocks.first} to ${blocks.first + BigInt(blocks.count) - 1n}`
      return `sealed entries ${start.number} to ${end.number - 1n}${range}, ${bytesText(bytes)}`
    }
    case 'epoch':
      return event.leaf.epoch === 0 ? undefined : `epoch ${event.leaf.epoch} from entry ${event.leaf.start.number} on`
    case 'published':
      return `published ${event.size} leaves`
    case 'rewritten':
      return `the history had ${event.found} leaves only: ${event.size} are written again`
    case 'repaired':
      return `written again: ${event.keys.join(', ')}`
    case 'adopted':
      return `adopted the leaves ${event.from} to ${event.size - 1} that were published before`
    case 'waiting':
      return `the history goes up to entry ${event.forEntry}: waiting for the stream`
    default:
      return undefined
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
