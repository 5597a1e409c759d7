import { nodeDisk } from '@datastreamer/store'
import { Argument, Command, Option } from 'commander'
import { readCount, readU64 } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { examples } from '../help-text.ts'
import { plural } from '../output/text.ts'
import type { RunCommand } from '../run-command.ts'
import { type GenerateOptions, generateFile } from '../write/generate-file.ts'

export function generateCommand(run: RunCommand): Command {
  return new Command('generate')
    .addArgument(new Argument('<FILE>', 'the stream file to make'))
    .summary('make a stream file of made-up blocks')
    .description(
      'Make a stream file with made-up L2 blocks, valid for every reader. The same seed gives the same bytes.',
    )
    .addOption(new Option('--blocks <n>', 'number of L2 blocks (required)').argParser(readCount).makeOptionMandatory())
    .addOption(new Option('--seed <n>', 'what the blocks are made up from').argParser(readU64).default(1n, '1'))
    .addOption(
      new Option('--chain-id <n>', 'chain id, also the system id of the stream')
        .argParser(readU64)
        .default(1101n, '1101'),
    )
    .addHelpText(
      'after',
      examples(
        'datastreamer generate data-stream.bin --blocks 1000',
        'datastreamer generate other.bin --blocks 1000 --seed 2 --chain-id 10',
      ),
    )
    .action((file: string, options: GenerateOptions) =>
      run(async ({ signal, note }) => {
        if (await nodeDisk.exists(file))
          throw new UsageError('USAGE', `${file} is there already, and generate makes new files only`)
        const entries = await generateFile(file, options, signal)
        note(`made ${file}: ${plural(options.blocks, 'block')}, ${plural(entries, 'entry', 'entries')}`)
      }),
    )
}
