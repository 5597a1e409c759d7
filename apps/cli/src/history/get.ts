import { restoreHistory } from '@datastreamer/archive'
import { openStore } from '@datastreamer/store'
import { Argument, Command } from 'commander'
import { examples } from '../help-text.ts'
import { Progress } from '../output/progress.ts'
import { restoredText } from '../output/restored-text.ts'
import type { CommandContext, RunCommand } from '../run-command.ts'
import { openHistoryOf, type PublicKeyOptions } from '../source/open-history.ts'
import { wholly } from '../wholly.ts'
import { takesHistory } from './takes-history.ts'

export function getCommand(run: RunCommand): Command {
  return takesHistory(new Command('get'))
    .addArgument(new Argument('<FILE>', 'the stream file, made if absent; no server may be writing it'))
    .summary('write a history into a stream file')
    .description(
      'Write a history into a stream file: its used bytes, bookmarks and operation boundaries become those of the ' +
        'stream that was published. An interrupted call is continued; a file that holds another stream is refused.',
    )
    .addHelpText('after', examples('datastreamer history get https://cdn.example/zkevm data-stream.bin'))
    .action((src: string, file: string, options: PublicKeyOptions) =>
      run(wholly((context) => getHistory(src, file, options, context))),
    )
}

async function getHistory(
  src: string,
  file: string,
  options: PublicKeyOptions,
  context: CommandContext,
): Promise<void> {
  const { note, signal } = context
  await using history = await openHistoryOf(src, options, context)
  const { generation, version, systemId, streamType, totalEntries } = history.getHeader()
  // Each operation is a commit of its own; what a crash takes is fetched again.
  const store = await openStore({ file, generation, version, systemId, streamType, fsync: 'interval' })
  try {
    using progress = new Progress('get')
    const onProgress = (entries: bigint): void => progress.show(Number(entries), Number(totalEntries))
    const restored = await restoreHistory(history, store, { signal, onProgress })
    progress.clear()
    note(restoredText(file, restored))
  } finally {
    await store.close()
  }
}
