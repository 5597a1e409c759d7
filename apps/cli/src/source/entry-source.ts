import { Archive, isSegment } from '@datastreamer/archive'
import { nodeSha256, segmentFile } from '@datastreamer/archive/node'
import { openFile } from '@datastreamer/e2store/node'
import type { Entry } from '@datastreamer/format'
import { type EntrySource, nodeDisk } from '@datastreamer/store'
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
  const { signal } = context
  if ((await nodeDisk.exists(src)) && (await isArchive(src))) {
    const archive = await Archive.open([segmentFile(src)], { sha256: nodeSha256 })
    return {
      name: src,
      getHeader: async () => archive.getHeader(),
      entries: (from, to) => upTo(archive.batches({ signal }), from, to),
      async [Symbol.asyncDispose]() {},
    }
  }
  const source = await openSource(src, options, context)
  return {
    name: source.name,
    getHeader: () => source.getHeader(),
    entries: (from, to) => upTo(source.batches({ from, follow: false, signal }), from, to),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

async function isArchive(path: string): Promise<boolean> {
  await using file = await openFile(path)
  return isSegment(file)
}

/** The entries from number `from` to before `to`. */
async function* upTo(
  batches: AsyncIterable<readonly Entry[]>,
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
