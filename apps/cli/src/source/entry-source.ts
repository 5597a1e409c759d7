import { Archive, isSegment } from '@datastreamer/archive'
import { nodeSha256, segmentFile } from '@datastreamer/archive/node'
import { openFile } from '@datastreamer/e2store/node'
import { type Entry, type EntrySource, NotFoundError, u64Of } from '@datastreamer/format'
import { nodeDisk } from '@datastreamer/store'
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
    return Object.assign(archive, { [Symbol.asyncDispose]: async () => {} })
  }
  const source = await openSource(src, options, context)
  const batches: EntrySource['batches'] = async function* ({ from, to } = {}) {
    const [first, last] = [u64Of(Number(from), 'from'), u64Of(Number(to), 'to')]
    const { totalEntries } = await source.getHeader()
    if (last >= totalEntries)
      throw new NotFoundError('TO_NOT_FOUND', `no entry ${last}, the stream has ${totalEntries}`)
    yield* upTo(source.batches({ from: first, follow: false, signal }), last + 1n)
  }
  return {
    name: source.name,
    getHeader: () => source.getHeader(),
    async *entries(bounds) {
      for await (const batch of batches(bounds)) yield* batch
    },
    batches,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

async function isArchive(path: string): Promise<boolean> {
  await using file = await openFile(path)
  return isSegment(file)
}

/** The entries before number `to`. */
async function* upTo(
  batches: AsyncIterable<readonly Entry[]>,
  to: bigint,
): AsyncGenerator<readonly Entry[], void, void> {
  for await (const batch of batches) {
    const wanted = batch.filter(({ number }) => number < to)
    if (wanted.length > 0) yield wanted
    const last = batch.at(-1)
    if (last !== undefined && last.number + 1n >= to) return
  }
}
