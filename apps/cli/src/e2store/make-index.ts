import { type E2iGeneration, encodeE2i, indexSlots, readE2i } from '@datastreamer/e2store/index'
import { createFile } from '@datastreamer/e2store/node'
import { Argument, Command, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { inFile } from './errors.ts'
import { type E2File, openInput, withFile } from './file.ts'
import { newPath } from './new-path.ts'

interface IndexOptions {
  readonly out?: string
  readonly generation: '0' | '1' | '2'
  readonly convert?: string
  readonly force?: boolean
}

const GENERATIONS: Readonly<Record<IndexOptions['generation'], E2iGeneration>> = { '0': 0, '1': 1, '2': 2 }

export function indexCommand(run: RunCommand): Command {
  return new Command('index')
    .addArgument(new Argument('<FILE>', 'the file with the blocks'))
    .summary('make or convert an .e2i')
    .description('Make the index of the beacon blocks in a file, or convert one that there is to another layout.')
    .addOption(new Option('--out <file>', 'the index to write (default: FILE with the extension .e2i)'))
    .addOption(new Option('--generation <n>', 'layout to write').choices(['0', '1', '2']).default('2'))
    .addOption(
      new Option('--convert <index>', 'an .e2i of FILE, of any layout, to convert instead of reading all of FILE'),
    )
    .option('--force', 'replace what is there')
    .action((path: string, options: IndexOptions) =>
      run((context) => withFile(path, context.signal, (file) => makeIndex(file, options, context))),
    )
}

async function makeIndex(
  { path, source }: E2File,
  options: IndexOptions,
  { note, signal }: CommandContext,
): Promise<void> {
  const generation = GENERATIONS[options.generation]
  const out = await newPath(options.out ?? path.replace(/(?:\.[^./\\]*)?$/, '.e2i'), options)
  if (out === path) throw new UsageError('USAGE', `${path} would be replaced by its index: name another --out`)
  const index =
    options.convert === undefined ? await indexSlots(source) : await converted(options.convert, source, signal)
  const bytes = encodeE2i(index, { generation, dataSize: source.size })
  await using file = await createFile(out, { replace: options.force })
  await file.write(bytes)
  await file.commit()
  note(`wrote ${out}: layout ${generation}, ${plural(index.targets.length, 'slot')} from ${index.startSlot} on`)
}

async function converted(path: string, data: E2File['source'], signal: AbortSignal): ReturnType<typeof readE2i> {
  await using source = await openInput(path, signal)
  try {
    return await readE2i(source, { data })
  } catch (error) {
    throw inFile(path, error)
  }
}
