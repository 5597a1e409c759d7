import { stat } from 'node:fs/promises'
import { BOOKMARK_TYPE, type Header, pagesInUse } from '@datastreamer/format'
import { DamageError } from '@datastreamer/store'
import { baseOfFile } from '@datastreamer/store/check'
import { Command } from 'commander'
import { examples } from '../help-text.ts'
import { count, table } from '../output/text.ts'
import type { RunCommand } from '../run-command.ts'
import { encodingOf, openSource } from '../source/open-source.ts'
import { type SourceOptions, takesSource } from '../source/source-options.ts'
import type { StreamSource } from '../source/stream-source.ts'

/** Files up to this length are read through to count their bookmarks. */
const CHEAP_BYTES = 256 * 1024 * 1024

/** What a file shows that a server does not. */
interface FileFacts {
  /** Bytes of the file. */
  readonly size: number
  /** Data pages of the file. */
  readonly pages: number
  readonly pagesInUse: number
  readonly bookmarks: number | undefined
  /** Number of its first entry, if it begins late. */
  readonly firstEntry?: string
}

export function infoCommand(run: RunCommand): Command {
  return takesSource(new Command('info'))
    .summary('show what a stream says of itself')
    .description('Show the header of a stream and, of a file, its size, pages and bookmarks.')
    .option('--json', 'as one JSON object')
    .addHelpText('after', examples('datastreamer info data-stream.bin', 'datastreamer info 127.0.0.1:6900 --json'))
    .action((src: string, options: SourceOptions & { readonly json?: boolean }) =>
      run(async (context) => {
        await using source = await openSource(src, options, context)
        const header = await source.getHeader()
        const { file } = source
        const { facts, damage } = file === undefined ? {} : await look(source, file, header, context.signal)
        // Entries that cannot be read do not say how they are encoded.
        const encoding = damage === undefined ? await encodingOf(source, options, context.signal) : undefined
        if (options.json) await context.out.line(JSON.stringify(toJson(source.name, header, encoding, facts)))
        else await context.out.lines(table(rows(source.name, header, encoding, facts)))
        if (damage !== undefined) throw damage
      }),
    )
}

/** What a file shows, and what was found damaged while its bookmarks were counted. */
async function look(
  source: StreamSource,
  file: string,
  header: Header,
  signal: AbortSignal,
): Promise<{ readonly facts: FileFacts; readonly damage?: DamageError }> {
  const { size } = await stat(file)
  const base = await baseOfFile(file)
  const pages = { pages: Math.floor(pagesInUse(size)), pagesInUse: pagesInUse(header.totalLength) }
  const { totalEntries: first } = base
  const facts = { size, ...pages, ...(first > 0n ? { firstEntry: String(first) } : {}) }
  if (header.totalLength - base.totalLength > CHEAP_BYTES) return { facts: { ...facts, bookmarks: undefined } }
  try {
    return { facts: { ...facts, bookmarks: await countBookmarks(source, signal) } }
  } catch (error) {
    if (!(error instanceof DamageError)) throw error
    return { facts: { ...facts, bookmarks: undefined }, damage: error }
  }
}

async function countBookmarks(source: StreamSource, signal: AbortSignal): Promise<number> {
  let bookmarks = 0
  for await (const entries of source.batches({ from: source.firstEntry, follow: false, signal })) {
    for (const { type } of entries) if (type === BOOKMARK_TYPE) bookmarks++
  }
  return bookmarks
}

function toJson(name: string, header: Header, encoding: string | undefined, facts: FileFacts | undefined): object {
  const { generation, version, systemId, streamType, totalLength, totalEntries } = header
  return {
    source: name,
    generation,
    version,
    systemId: String(systemId),
    streamType: String(streamType),
    totalLength,
    totalEntries: String(totalEntries),
    encoding: encoding ?? null,
    ...facts,
  }
}

function rows(
  name: string,
  header: Header,
  encoding: string | undefined,
  facts: FileFacts | undefined,
): [string, string][] {
  const { generation, version, systemId, streamType, totalLength, totalEntries } = header
  const own: [string, string][] = [
    ['stream', name],
    ['header', `generation ${generation}`],
    ['version', encoding === undefined ? String(version) : `${version} (${encoding})`],
    ['system id', String(systemId)],
    ['stream type', String(streamType)],
    ['entries', count(totalEntries)],
    ['length', `${count(totalLength)} bytes`],
  ]
  if (facts === undefined) return own
  own.push(['file size', `${count(facts.size)} bytes, ${facts.pagesInUse} of ${facts.pages} pages in use`])
  if (facts.firstEntry !== undefined)
    own.push(['begins with', `entry ${facts.firstEntry}: those before are not in this file`])
  if (facts.bookmarks !== undefined) own.push(['bookmarks', count(facts.bookmarks)])
  return own
}
