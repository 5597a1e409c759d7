import { join } from 'node:path'
import { nodeDisk } from '@datastreamer/store'
import { Argument, Command, type Command as CommandType, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { DemoFolder } from '../demo/demo-folder.ts'
import { ServerProcess } from '../demo/server-process.ts'
import { examples } from '../help-text.ts'
import { blockLine } from '../output/block-text.ts'
import { type CommandContext, type RunCommand, untilInterrupted } from '../run-command.ts'
import { generationOf, openSource } from '../source/open-source.ts'
import { blocksOf } from '../tail/blocks.ts'
import { generateFile } from '../write/generate-file.ts'

interface DemoOptions {
  readonly blocks?: number
  readonly blockTime: number
}

/** Blocks of a new stream that are there from the start, so that there is something to catch up with. */
const FIRST_BLOCKS = 10

export function demoCommand(run: RunCommand): CommandType {
  return new Command('demo')
    .addArgument(
      new Argument('[FILE]', 'a stream file: made if absent, else served as it is (default: a temporary one)'),
    )
    .summary('start a server and follow it')
    .description(
      'Start a server on a free port of this machine and print the L2 blocks of its stream as they come. ' +
        `Without a file, the stream is made up: ${FIRST_BLOCKS} blocks that are there already, then a new one now and then.`,
    )
    .addOption(new Option('--blocks <n>', 'end after so many blocks').argParser(readCount))
    .addOption(new Option('--block-time <ms>', 'time between two made-up blocks').argParser(readCount).default(500))
    .addHelpText(
      'after',
      examples('datastreamer demo', 'datastreamer demo --blocks 20', 'datastreamer demo data-stream.bin'),
    )
    .action((file: string | undefined, options: DemoOptions) =>
      run(async (context) => {
        using folder = file === undefined ? new DemoFolder() : undefined
        await untilInterrupted(demo(file ?? join(folder?.path ?? '', 'data-stream.bin'), options, context))
      }),
    )
}

async function demo(file: string, { blocks, blockTime }: DemoOptions, context: CommandContext): Promise<void> {
  const { signal, note, out } = context
  const writes = !(await nodeDisk.exists(file))
  if (writes) await generateFile(file, { blocks: FIRST_BLOCKS, seed: 1n, chainId: 1101n }, signal)
  const mode = writes ? ['--demo', '--demo-block-time', String(blockTime)] : ['--follow']
  await using server = ServerProcess.start(['--file', file, '--port', '0', '--log-level', 'warn', ...mode])
  const address = await server.ready(signal)
  note(`Serving ${file} on ${address}. Follow it from another terminal:`)
  note(`  ${ownCommand()} tail ${address} --blocks`)
  if (blocks === undefined) note('Ctrl-C ends the demo.')
  note('')
  const printing = printBlocks(address, blocks, { signal, note, out })
  await Promise.race([printing, server.failure()])
}

/** How to call this program again: in a repository with its pnpm, which need not be on the path. */
function ownCommand(): string {
  const [, pnpm] = /^pnpm\/(\S+)/.exec(process.env.npm_config_user_agent ?? '') ?? []
  return pnpm === undefined ? 'datastreamer' : `npx -y pnpm@${pnpm} exec datastreamer`
}

async function printBlocks(address: string, count: number | undefined, context: CommandContext): Promise<void> {
  const options = { streamType: 1n }
  await using source = await openSource(address, options, context, true)
  const generation = await generationOf(source, options, context.signal)
  const batches = source.batches({ from: 0n, follow: true, signal: context.signal })
  let left = count ?? Number.POSITIVE_INFINITY
  for await (const blocks of blocksOf(batches, { source, generation, endIsBoundary: false })) {
    await context.out.lines(blocks.slice(0, left).map(blockLine))
    left -= blocks.length
    if (left <= 0) return
  }
}
