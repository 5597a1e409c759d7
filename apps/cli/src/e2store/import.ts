import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { importStream } from '../archive/import-stream.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { wholly } from '../wholly.ts'
import { inFile, ofAbsent } from './errors.ts'

export function importCommand(run: RunCommand): Command {
  return new Command('import')
    .addArgument(new Argument('<FILE...>', 'archives of one stream in any order, or folders of them'))
    .summary('write archives back into a stream file')
    .description(
      'Write archives of a data stream into a stream file, made if absent: its used bytes and bookmarks become those of ' +
        'the stream that was archived. All of a file is checked before any of it is written. An import that was ' +
        'interrupted is gone on with; a file that holds another stream is refused.',
    )
    .addOption(new Option('--file <file>', 'the stream file; no server may be writing it').makeOptionMandatory())
    .action((paths: string[], { file }: { readonly file: string }) =>
      run(wholly((context) => importFiles(paths, file, context))),
    )
}

async function importFiles(
  paths: readonly string[],
  target: string,
  { out, note, signal }: CommandContext,
): Promise<void> {
  const files = (await Promise.all(paths.map(archivesOf))).flat()
  using progress = new Progress('import')
  const { before, after } = await importStream({
    files,
    target,
    signal,
    explain: inFile,
    onProgress: (bytes, total) => progress.show(bytes, total),
    onFile: async ({ path, end }) => {
      progress.clear()
      await out.line(`${path}: up to entry ${end.point.number}`)
    },
  })
  const added = after - before
  const total = plural(after, 'entry', 'entries')
  note(
    added === 0n
      ? `${target} holds all of it already: ${total}`
      : `added ${plural(added, 'entry', 'entries')}; ${target} now has ${total}`,
  )
}

/** A file, or all archives in a folder; their names say nothing but that. */
async function archivesOf(path: string): Promise<readonly string[]> {
  const stats = await stat(path).catch((error: unknown) => {
    throw ofAbsent(path, error)
  })
  if (!stats.isDirectory()) return [path]
  const names = await readdir(path)
  return names.filter((name) => name.endsWith('.e2ds')).map((name) => join(path, name))
}
