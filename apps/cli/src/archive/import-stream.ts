import { openFile } from '@datastreamer/e2store/node'
import { decodeEntry, viewOf } from '@datastreamer/format'
import { nodeDisk, openStore, type StreamStore } from '@datastreamer/store'
import { refuseStream } from '../source/other-family.ts'
import { ArchiveFile, type EntryRun, eachEntry } from './archive-file.ts'
import { type ArchiveFacts, chainOf } from './chain.ts'
import { ChainError } from './errors.ts'
import type { StreamPoint } from './layout.ts'
import { StreamCursor, samePoint } from './stream-cursor.ts'
import { verifiedRuns, verifyArchiveFile } from './verify-archive.ts'

export interface ImportOptions {
  readonly files: readonly string[]
  /** The stream file; made if absent, else gone on with. */
  readonly target: string
  readonly signal: AbortSignal
  /** Told how many bytes of all files are done. */
  readonly onProgress?: ((bytes: number, total: number) => void) | undefined
  /** Told of each file that is in the stream now. */
  readonly onFile?: ((file: ArchiveFacts) => Promise<void> | void) | undefined
  /** Called with a file that could not be read, to say so in its error. */
  readonly explain: (path: string, error: unknown) => unknown
}

export interface ImportResult {
  readonly before: bigint
  readonly after: bigint
}

/**
 * Write archives into a stream file, each as one atomic operation, once all of it has been checked. A file that holds
 * the beginning of the stream is gone on with, so an import that was interrupted is done by doing it again.
 *
 * @throws {ChainError} the files do not fit together, or to the stream file
 * @throws what `explain` makes of what is wrong with a file
 * @see docs/spec/archive.md §6
 */
export async function importStream(options: ImportOptions): Promise<ImportResult> {
  const { target } = options
  const sized: (ArchiveFacts & { readonly size: number })[] = []
  for (const path of options.files) sized.push(await factsOf(path, options))
  const chain = chainOf(sized)
  const [first] = chain
  if (!(await nodeDisk.exists(target))) {
    if (first.header.start.number > 0n) throw startsLater(first, target, 0n)
    // Nothing is made if there is nothing to put into it.
    await withArchive(first.path, options, (file) => verifyArchiveFile(file, { signal: options.signal }))
  }
  const { generation, version, systemId, streamType } = first.header.identity
  const store = await openStore({ file: target, generation, version, systemId, streamType })
  try {
    const before = store.getHeader().totalEntries
    const reached = await compareWithTarget(store, chain, options.signal)
    const bytes = sized.reduce((sum, { size }) => sum + size, 0)
    let done = 0
    for (const facts of chain) {
      const onProgress = (position: number): void => options.onProgress?.(done + position, bytes)
      done += await withArchive(facts.path, options, async (file) => {
        checkUnchanged(file, facts)
        if (facts.end.point.number > reached.number) await importFile(store, file, reached, { ...options, onProgress })
        return file.source.size
      })
      await options.onFile?.(facts)
    }
    return { before, after: store.getHeader().totalEntries }
  } finally {
    await store.close()
  }
}

async function importFile(
  store: StreamStore,
  file: ArchiveFile,
  reached: StreamPoint,
  options: Pick<ImportOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const { totalEntries, totalLength } = store.getHeader()
  const { start } = file.header
  const through = reached.number > start.number ? reached : undefined
  if (through === undefined && (start.number !== totalEntries || start.position !== totalLength)) {
    const message = `${store.log.path} ends at entry ${totalEntries} and byte ${totalLength}, the archive begins at ${start.number} and ${start.position}`
    throw new ChainError('BROKEN_CHAIN', message)
  }
  store.startAtomicOp()
  try {
    for await (const run of verifiedRuns(file, { ...options, through })) {
      addEntries(store, run, totalEntries)
      await store.writable()
    }
  } catch (error) {
    store.rollbackAtomicOp()
    throw error
  }
  await store.commitAtomicOp()
}

/** Add the entries of a run, from `next` on. */
function addEntries(store: StreamStore, run: EntryRun, next: bigint): void {
  eachEntry(run, (bytes) => {
    const entry = decodeEntry(viewOf(bytes))
    if (entry !== undefined && entry.number >= next) store.addStreamEntry(entry.type, entry.data)
  })
}

/**
 * Compare the stream file with the archives as far as it goes.
 *
 * @returns where it ends, or where the archives end if that is before
 */
async function compareWithTarget(
  store: StreamStore,
  chain: readonly [ArchiveFacts, ...ArchiveFacts[]],
  signal: AbortSignal,
): Promise<StreamPoint> {
  const header = store.getHeader()
  const [first] = chain
  const last = chain.at(-1) ?? first
  if (first.header.start.number > header.totalEntries) throw startsLater(first, store.log.path, header.totalEntries)
  const cursor = StreamCursor.atStart(header)
  const points = [first.header.start, ...chain.map(({ end }) => end.point)].values()
  let next = points.next()
  const check = (): void => {
    for (; !next.done && next.value.number === cursor.number; next = points.next()) {
      if (samePoint(next.value, cursor.point())) continue
      const message = `${store.log.path} holds another stream: its entries before ${cursor.number} are others`
      throw new ChainError('TARGET_DIFFERS', message)
    }
  }
  const stop = Math.min(Number(last.end.point.number), Number(header.totalEntries))
  check()
  for (let place = await store.log.locate(0); place.number < stop; ) {
    signal.throwIfAborted()
    const run = store.log.runInMemory(place) ?? (await store.log.runOnDisk(place))
    if (run === undefined) break
    eachEntry(run, (entry) => {
      if (cursor.number >= stop) return
      cursor.push(entry)
      check()
    })
    place = run.next
  }
  return cursor.point()
}

function startsLater({ path, header: { start } }: ArchiveFacts, target: string, entries: bigint): ChainError {
  const message = `${path} begins with entry ${start.number}, ${target} has ${entries} entries: files before it are missing`
  return new ChainError('GAP', message)
}

async function factsOf(path: string, options: ImportOptions): Promise<ArchiveFacts & { readonly size: number }> {
  return withArchive(path, options, async ({ header, end, name, source }) => {
    return { path, header, end, name, size: source.size }
  })
}

function checkUnchanged({ header, end }: ArchiveFile, facts: ArchiveFacts): void {
  if (samePoint(header.start, facts.header.start) && samePoint(end.point, facts.end.point)) return
  throw new ChainError('BROKEN_CHAIN', `${facts.path} was changed while it was imported`)
}

async function withArchive<T>(
  path: string,
  { explain }: ImportOptions,
  use: (file: ArchiveFile) => Promise<T>,
): Promise<T> {
  refuseStream(path)
  await using source = await openFile(path)
  try {
    return await use(await ArchiveFile.open(source))
  } catch (error) {
    throw explain(path, error)
  }
}
