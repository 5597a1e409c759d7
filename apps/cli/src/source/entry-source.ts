import { statSync } from 'node:fs'
import { isSegment } from '@datastreamer/archive'
import { openArchive } from '@datastreamer/archive/node'
import { openFile } from '@datastreamer/e2store/node'
import type { EntrySource } from '@datastreamer/format'
import { nodeDisk } from '@datastreamer/store'
import type { CommandContext } from '../run-command.ts'
import { isHistory } from './history-place.ts'
import { openSource } from './open-source.ts'
import type { SourceOptions } from './source-options.ts'

/** An {@link EntrySource} that is open. */
export type OpenEntrySource = EntrySource & AsyncDisposable

/** Open where entries are to come from: a server, a stream file, a history, or an archive: a segment, or a folder of segments. */
export async function openEntrySource(
  src: string,
  options: SourceOptions,
  context: CommandContext,
): Promise<OpenEntrySource> {
  const { signal } = context
  if (!isHistory(src) && (await nodeDisk.exists(src)) && (await isArchive(src))) {
    return endedBy(signal, await openArchive(src), () => Promise.resolve())
  }
  const source = await openSource(src, options, context)
  return endedBy(signal, source, async () => source[Symbol.asyncDispose]())
}

async function isArchive(path: string): Promise<boolean> {
  if (statSync(path).isDirectory()) return true
  await using file = await openFile(path)
  return isSegment(file)
}

/** The same source, whose readings a signal ends. */
function endedBy(signal: AbortSignal, source: EntrySource, dispose: () => PromiseLike<void>): OpenEntrySource {
  return {
    name: source.name,
    getHeader: () => source.getHeader(),
    entries: (options) => source.entries({ signal, ...options }),
    batches: (options) => source.batches({ signal, ...options }),
    [Symbol.asyncDispose]: dispose,
  }
}
