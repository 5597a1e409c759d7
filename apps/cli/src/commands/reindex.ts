import { reindexStream } from '@datastreamer/store/check'
import { Argument, Command, Option } from 'commander'
import { readU64 } from '../arguments.ts'
import { examples } from '../help-text.ts'
import { noteBase } from '../output/note-base.ts'
import { Progress } from '../output/progress.ts'
import { plural } from '../output/text.ts'
import type { RunCommand } from '../run-command.ts'
import { existingFile } from '../write/existing-file.ts'

export function reindexCommand(run: RunCommand): Command {
  return new Command('reindex')
    .addArgument(new Argument('<FILE>', 'the stream file; no server may be writing it'))
    .summary('rebuild the bookmark index')
    .description('Delete the bookmark index beside a stream file and rebuild it from the entries.')
    .addOption(new Option('--stream-type <n>', 'type of the stream').default(1n, '1').argParser(readU64))
    .addHelpText('after', examples('datastreamer reindex data-stream.bin'))
    .action((file: string, { streamType }: { readonly streamType: bigint }) =>
      run(async ({ signal, note }) => {
        using progress = new Progress('reindex')
        const onProgress = (entries: number, total: number): void => progress.show(entries, total)
        const path = await existingFile(file)
        await noteBase(path, note)
        const bookmarks = await reindexStream({ file: path, streamType, signal, onProgress })
        progress.clear()
        note(`put ${plural(bookmarks, 'bookmark')} into the index of ${file}`)
      }),
    )
}
