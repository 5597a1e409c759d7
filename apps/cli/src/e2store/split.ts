import { mkdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { type ByteSink, findParts, openEra, planParts, writePart } from '@datastreamer/e2store'
import { EraFile, eraNameOf, parseEraName, writeGroup } from '@datastreamer/e2store/era'
import { createFile } from '@datastreamer/e2store/node'
import { Argument, Command, Option } from 'commander'
import { readCount } from '../arguments.ts'
import { UsageError } from '../errors.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { type E2File, type ReadingOptions, takesReading, withFile } from './file.ts'
import { isConfigName, networkOf } from './networks.ts'
import { newPath } from './new-path.ts'

interface SplitOptions extends ReadingOptions {
  readonly out: string
  readonly maxBytes?: number
  readonly network?: string
  readonly force?: boolean
}

export function splitCommand(run: RunCommand): Command {
  return takesReading(new Command('split'))
    .addArgument(new Argument('<FILE>', 'an .era of several eras, or an .e2s'))
    .summary('split a file into its parts')
    .description(
      'Split an .era into its eras, each named by its content, or an .e2s where files were joined. No byte of a record ' +
        'changes, except that an index which marks empty slots by positions in another era is repaired.',
    )
    .addOption(new Option('--out <folder>', 'folder for the parts; made if absent').makeOptionMandatory())
    .addOption(
      new Option('--max-bytes <n>', 'of an .e2s: split into parts of at most so many bytes').argParser(readCount),
    )
    .addOption(new Option('--network <name>', 'of an .era: name of the network (default: as in its own name)'))
    .option('--force', 'replace what is there')
    .action((path: string, options: SplitOptions) =>
      run(wholly((context) => withFile(path, context.signal, (file) => split(file, options, context), options))),
    )
}

/** A part that can be written. */
interface NamedPart {
  readonly name: string
  /** Gives how many entries of an index were rewritten. */
  write(sink: ByteSink): Promise<number>
}

async function split(file: E2File, options: SplitOptions, { out, note, signal }: CommandContext): Promise<void> {
  const parts = await partsOf(file, options)
  checkNames(parts)
  await mkdir(options.out, { recursive: true })
  const paths = await Promise.all(parts.map(({ name }) => newPath(join(options.out, name), options)))
  for (const [i, part] of parts.entries()) {
    signal.throwIfAborted()
    await using made = await createFile(paths[i] ?? part.name, { replace: options.force })
    const rewritten = await part.write(made)
    await made.commit()
    if (rewritten > 0) note(repairedText(part.name, rewritten))
    await out.line(made.path)
  }
}

/** What was changed in a file that is otherwise a copy. */
export function repairedText(name: string, rewritten: number): string {
  return `${name}: ${plural(rewritten, 'empty slot')} no longer marked by a position in another era`
}

/** One part must not replace another, as the same era twice in a file would. @throws {UsageError} */
function checkNames(parts: readonly NamedPart[]): void {
  const seen = new Set<string>()
  for (const { name } of parts) {
    if (seen.has(name)) throw new UsageError('USAGE', `two parts would be named ${name}`)
    seen.add(name)
  }
}

async function partsOf(file: E2File, options: SplitOptions): Promise<readonly NamedPart[]> {
  const { kind, source, name, path, reading } = file
  if (kind === 'era') {
    if (options.maxBytes !== undefined) throw new UsageError('USAGE', `${path}: --max-bytes is for .e2s files`)
    return erasOf(await openEra(source, reading), name, options)
  }
  if (kind !== 'e2s') throw new UsageError('USAGE', `${path}: an .${kind} file has only one part: nothing to split`)
  const parts = options.maxBytes === undefined ? await findParts(source) : await planParts(source, options.maxBytes)
  const stem = basename(name, extname(name))
  return parts.map((part, i) => ({
    name: `${stem}-${String(i).padStart(5, '0')}.e2s`,
    write: async (sink) => {
      await writePart(source, part, sink)
      return 0
    },
  }))
}

async function erasOf(era: EraFile, name: string, options: SplitOptions): Promise<readonly NamedPart[]> {
  const config = await configOf(era, name, options)
  const parts: NamedPart[] = []
  for (const group of era.groups) {
    const alone = new EraFile(era.source, [group], {})
    parts.push({ name: await eraNameOf(alone, config), write: (sink) => writeGroup(era, group, sink) })
  }
  return parts
}

/** A file's name is untrusted: only what cannot lead to another folder goes into the names of new files. */
async function configOf(era: EraFile, name: string, { network }: SplitOptions): Promise<string> {
  const last = era.groups.at(-1)
  const root = last && (await era.stateHead(last)).genesisValidatorsRoot
  const config = network ?? parseEraName(name)?.config ?? (root && networkOf(root)?.config)
  if (config !== undefined && isConfigName(config)) return config
  const found =
    config === undefined ? 'its name does not show its network' : `${JSON.stringify(config)} is no name of a network`
  throw new UsageError('USAGE', `${found}: name it with --network`)
}
