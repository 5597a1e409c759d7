import { type E2iGeneration, encodeE2i, indexSlots, readE2i } from '@datastreamer/e2store/index'
import { createFile } from '@datastreamer/e2store/node'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { inFile } from './errors.ts'
import { type E2File, openInput, withFile } from './file.ts'
import { fullIndex } from './full-index.ts'
import { newPath } from './new-path.ts'
import { isAddress, localOnly } from './remote-file.ts'

interface IndexOptions {
  readonly out?: string
  readonly generation: '0' | '1' | '2'
  readonly convert?: string
  readonly force?: boolean
  readonly full?: boolean
  readonly check?: boolean
  readonly jobs?: number
}

const AFTER = `
With --full, files whose index is up to date are left alone; the line of each file says what was done. Ends with status 1
if an index could not be built, or, with --check, is missing or differs from its file.`

const FULL = '--full writes beside files on this machine'

const GENERATIONS: Readonly<Record<IndexOptions['generation'], E2iGeneration>> = { '0': 0, '1': 1, '2': 2 }

export function indexCommand(run: RunCommand): Command {
  return new Command('index')
    .addArgument(new Argument('<FILE>', 'the file with the blocks; with --full also a folder of such files'))
    .summary('make or convert an .e2i; build indexes of transactions and logs')
    .description(
      'Make the index of the beacon blocks in a file, or convert one that there is to another layout. With --full: build FILE.idx, the index of its transactions, blocks and logs.',
    )
    .addOption(new Option('--out <file>', 'the index to write (default: FILE with the extension .e2i)'))
    .addOption(new Option('--generation <n>', 'layout to write').choices(['0', '1', '2']).default('2'))
    .addOption(
      new Option('--convert <index>', 'an .e2i of FILE, of any layout, to convert instead of reading all of FILE'),
    )
    .option('--force', 'replace what is there')
    .addOption(
      new Option('--full', 'index transactions, blocks and logs of .era1, .ere and .e2hs').conflicts([
        'out',
        'convert',
      ]),
    )
    .option('--check', 'with --full: compare the indexes that are there with their files, and write none')
    .addOption(new Option('--jobs <n>', 'with --full: files at once (default: one a processor)').argParser(readCount))
    .addHelpText('after', AFTER)
    .action((path: string, options: IndexOptions) => {
      if (options.full) return run(wholly((context) => fullIndex(localOnly(path, FULL), options, context)))
      return run((context) => withFile(path, context.signal, (file) => makeIndex(file, options, context)))
    })
}

async function makeIndex(file: E2File, options: IndexOptions, { note, signal }: CommandContext): Promise<void> {
  const { path, name, source } = file
  checkKind(file)
  const generation = GENERATIONS[options.generation]
  const beside = isAddress(path) ? name : path
  const out = await newPath(options.out ?? beside.replace(/(?:\.[^./\\]*)?$/, '.e2i'), options)
  if (out === path) throw new UsageError('USAGE', `${path} would be replaced by its index: name another --out`)
  const index =
    options.convert === undefined ? await indexSlots(source) : await converted(options.convert, source, signal)
  const bytes = encodeE2i(index, { generation, dataSize: source.size })
  await using made = await createFile(out, { replace: options.force })
  await made.write(bytes)
  await made.commit()
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

/** An `.e2i` is of beacon blocks. @throws {UsageError} */
function checkKind({ path, kind }: E2File): void {
  if (kind === 'era' || kind === 'e2s') return
  const isExecution = kind === 'era1' || kind === 'ere' || kind === 'e2hs'
  const hint = isExecution ? ': --full indexes its transactions, blocks and logs' : ''
  throw new UsageError('USAGE', `${path}: an .${kind} file has no beacon blocks to index${hint}`)
}
