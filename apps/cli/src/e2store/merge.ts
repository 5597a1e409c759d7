import { type ByteSink, concatFiles, openEra } from '@datastreamer/e2store'
import { type EraFile, mergeEras } from '@datastreamer/e2store/era'
import { createFile } from '@datastreamer/e2store/node'
import { Argument, Command, Option } from 'commander'
import { UsageError } from '../errors.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { inFile } from './errors.ts'
import { type InputSource, openInput, withFile } from './file.ts'
import { newPath } from './new-path.ts'
import { repairedText } from './split.ts'

interface MergeOptions {
  readonly out: string
  readonly force?: boolean
}

export function mergeCommand(run: RunCommand): Command {
  return new Command('merge')
    .addArgument(new Argument('<FILE...>', '.era files of consecutive eras, or .e2s files, in order'))
    .summary('join files into one')
    .description(
      'Write .era files of consecutive eras, or .e2s files, one after the other. No byte of them changes, except that an ' +
        'index which marks empty slots by positions in another era is repaired.',
    )
    .addOption(new Option('--out <file>', 'the file to write').makeOptionMandatory())
    .option('--force', 'replace what is there')
    .action((paths: string[], options: MergeOptions) => run((context) => merge(paths, options, context)))
}

async function merge(paths: readonly string[], options: MergeOptions, { note, signal }: CommandContext): Promise<void> {
  const out = await newPath(options.out, options)
  const kinds = new Map<string, string>()
  for (const each of paths) {
    const { kind, path } = await withFile(each, signal, async (file) => file)
    if (kind !== 'era' && kind !== 'e2s') {
      throw new UsageError('USAGE', `${path}: .${kind} files are not joined: only .era and .e2s files are`)
    }
    kinds.set(kind, path)
  }
  const [first, second] = [...kinds].map(([kind, path]) => `${path}, an .${kind}`)
  if (second !== undefined) throw new UsageError('USAGE', `${first}, and ${second}, make no file of either kind`)
  await using file = await createFile(out, { replace: options.force })
  const rewritten = kinds.has('era') ? await joinEras(paths, file, signal) : await joinRecords(paths, file, signal)
  await file.commit()
  if (rewritten > 0) note(repairedText(out, rewritten))
  note(`wrote ${out}: ${plural(paths.length, 'file')}, ${plural(file.position, 'byte')}`)
}

async function joinEras(paths: readonly string[], sink: ByteSink, signal: AbortSignal): Promise<number> {
  const sources: InputSource[] = []
  try {
    const eras: EraFile[] = []
    for (const path of paths) {
      const source = await openInput(path, signal)
      sources.push(source)
      eras.push(await explained(path, openEra(source)))
    }
    return await mergeEras(eras, sink)
  } finally {
    for (const source of sources) await source[Symbol.asyncDispose]()
  }
}

async function joinRecords(paths: readonly string[], sink: ByteSink, signal: AbortSignal): Promise<number> {
  for (const path of paths) {
    await using source = await openInput(path, signal)
    await explained(path, concatFiles([source], sink))
  }
  return 0
}

/** Name the file that something is wrong with. */
async function explained<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw inFile(path, error)
  }
}
