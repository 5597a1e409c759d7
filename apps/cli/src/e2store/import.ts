import { Archive, restoreArchive, verifyBeginning } from '@datastreamer/archive'
import { findSegments, nodeCodecs, segmentFile } from '@datastreamer/archive/node'
import { nodeDisk, openStore } from '@datastreamer/store'
import { Argument, Command, Option } from 'commander'
import { MissingError } from '../errors.ts'
import { Progress } from '../output/progress.ts'
import { restoredText } from '../output/restored-text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { refuseStream } from '../source/other-family.ts'
import { wholly } from '../wholly.ts'
import { inFile, ofAbsent } from './errors.ts'
import { localOnly } from './remote-file.ts'

export function importCommand(run: RunCommand): Command {
  return new Command('import')
    .addArgument(new Argument('<FILE...>', 'segments of one archive in any order, or folders of them'))
    .summary('write an archive back into a stream file')
    .description(
      'Write the archive of a data stream into a stream file, made if absent: its used bytes and bookmarks become those ' +
        'of the stream that was archived, and of segments of layout 2 its operations. All of a segment is checked before ' +
        'any of it is committed. An interrupted ' +
        'import is continued; a file that holds another stream is refused.',
    )
    .addOption(new Option('--file <file>', 'the stream file; no server may be writing it').makeOptionMandatory())
    .action((paths: string[], { file }: { readonly file: string }) =>
      run(wholly((context) => importFiles(paths, file, context))),
    )
}

async function importFiles(paths: readonly string[], file: string, context: CommandContext): Promise<void> {
  const { out, note, signal } = context
  const local = paths.map((path) => localOnly(path, 'segments are imported from files on this machine'))
  const files = await findSegments(local).catch((error: NodeJS.ErrnoException) => {
    throw ofAbsent(error.path ?? paths.join(' '), error)
  })
  if (files.length === 0)
    throw new MissingError('NOT_FOUND', `no archive in ${paths.join(', ')}: there is no .e2ds file`)
  for (const path of files) refuseStream(path)
  const archive = await Archive.open(files.map(segmentFile), { codecs: nodeCodecs, explain: inFile })
  // Nothing is made if there is nothing to put into it.
  if (!(await nodeDisk.exists(file))) await verifyBeginning(archive, file, { signal })
  const { generation, version, systemId, streamType } = archive.getHeader()
  // Each operation is a commit of its own; one that is lost is made again when the import is.
  const store = await openStore({ file, generation, version, systemId, streamType, fsync: 'interval' })
  try {
    using progress = new Progress('import')
    const restored = await restoreArchive(archive, store, {
      signal,
      onProgress: (bytes, total) => progress.show(bytes, total),
      onSegment: async ({ name, end }) => {
        progress.clear()
        await out.line(`${name}: up to entry ${end.number}`)
      },
    })
    note(restoredText(file, restored))
  } finally {
    await store.close()
  }
}
