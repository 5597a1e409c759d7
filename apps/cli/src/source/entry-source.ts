import { openFile } from '@datastreamer/e2store/node'
import { decodeEntry, type Entry, viewOf } from '@datastreamer/format'
import { type EntrySource, nodeDisk } from '@datastreamer/store'
import { ArchiveFile, eachEntry, entriesOf } from '../archive/archive-file.ts'
import type { CommandContext } from '../run-command.ts'
import { openSource } from './open-source.ts'
import type { SourceOptions } from './source-options.ts'

/** An {@link EntrySource} that is open. */
export type OpenEntrySource = EntrySource & AsyncDisposable

/** Open where entries are to come from: a server, a stream file, or an archive of a stream. */
export async function openEntrySource(
  src: string,
  options: SourceOptions,
  context: CommandContext,
): Promise<OpenEntrySource> {
  if (await nodeDisk.exists(src)) {
    const archive = await openArchive(src)
    if (archive !== undefined) return archive
  }
  const source = await openSource(src, options, context)
  const { signal } = context
  return {
    name: source.name,
    getHeader: () => source.getHeader(),
    entries: (from, to) => upTo(source.batches({ from, follow: false, signal }), from, to),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

/** A file as an archive, if it is one. */
async function openArchive(path: string): Promise<OpenEntrySource | undefined> {
  const source = await openFile(path)
  try {
    if (await ArchiveFile.looksLikeOne(source)) {
      const file = await ArchiveFile.open(source)
      return {
        name: path,
        getHeader: async () => file.header.identity,
        entries: (from, to) => upTo(archiveEntries(file), from, to),
        [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
      }
    }
  } catch (error) {
    await source[Symbol.asyncDispose]()
    throw error
  }
  await source[Symbol.asyncDispose]()
  return undefined
}

async function* archiveEntries(file: ArchiveFile): AsyncGenerator<readonly Entry[], void, void> {
  for await (const record of file.records('read')) {
    const entries: Entry[] = []
    eachEntry(entriesOf(record, 'read'), (bytes) => {
      const entry = decodeEntry(viewOf(bytes))
      if (entry !== undefined) entries.push(entry)
    })
    yield entries
  }
}

/** The entries from number `from` to before `to`. */
async function* upTo(
  batches: AsyncGenerator<readonly Entry[], void, void>,
  from: bigint,
  to: bigint,
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const batch of batches) {
    const wanted = batch.filter(({ number }) => number >= from && number < to)
    if (wanted.length > 0) yield wanted
    const last = batch.at(-1)
    if (last !== undefined && last.number + 1n >= to) return
  }
}
