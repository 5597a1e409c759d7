import { decodeEntry, ENTRY_HEAD_BYTES, type Entry, type Header, viewOf } from '@datastreamer/format'
import {
  firstEventAfter,
  MemoryIndex,
  openReader,
  type StreamLog,
  type StreamReader,
  scanForBookmark,
} from '@datastreamer/store'
import { MissingError } from '../errors.ts'
import type { BookmarkStart, ReadOptions, Source } from './source.ts'

export interface FileSourceOptions {
  readonly file: string
  readonly streamType: bigint
  /** Whether commits of another process are to be seen. */
  readonly follow: boolean
  readonly note: (line: string) => void
}

/**
 * A stream file, read as the server reads it. Bookmarks are looked for in the file itself: the index cannot be opened
 * without being written to, and keeps the file's writer away meanwhile.
 */
export class FileSource implements Source {
  readonly name: string
  readonly file: string
  readonly #reader: StreamReader
  /** Whether the reader has an index, which then is its own. */
  readonly #hasIndex: boolean

  private constructor(file: string, reader: StreamReader, hasIndex: boolean) {
    this.name = file
    this.file = file
    this.#reader = reader
    this.#hasIndex = hasIndex
  }

  static async open({ file, streamType, follow, note }: FileSourceOptions): Promise<FileSource> {
    const onProblem = (problem: Error | undefined): void => {
      note(`datastreamer: ${problem?.message ?? `${file} fits its header again`}`)
    }
    const index = follow ? undefined : new MemoryIndex()
    return new FileSource(file, await openReader({ file, streamType, follow, onProblem, index }), follow)
  }

  getHeader(): Promise<Header> {
    return Promise.resolve(this.#reader.getHeader())
  }

  getEntry(number: bigint): Promise<Entry | undefined> {
    return this.#reader.getEntry(number)
  }

  async getBookmark(bookmark: Uint8Array): Promise<Entry | undefined> {
    const number = await this.#lookUp(bookmark)
    return number === undefined ? undefined : firstEventAfter(this.#reader.log, number)
  }

  async *batches({ from, follow, signal }: ReadOptions): AsyncGenerator<readonly Entry[], void, void> {
    const { log } = this.#reader
    const { totalEntries } = log.header
    const first = typeof from === 'bigint' ? from : from === 'latest' ? totalEntries : await this.#find(from)
    if (first > totalEntries && !follow) {
      throw new MissingError('NOT_FOUND', `${this.file} has no entry ${first}, only ${totalEntries} entries`)
    }
    yield* readLog(log, { from: first, end: follow ? undefined : totalEntries, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close()
  }

  async #find({ bookmark, of }: BookmarkStart): Promise<bigint> {
    const number = await this.#lookUp(bookmark)
    if (number !== undefined) return number
    throw new MissingError('NOT_FOUND', `${this.file} has no bookmark of ${of}`)
  }

  async #lookUp(bookmark: Uint8Array): Promise<bigint | undefined> {
    const { log } = this.#reader
    if (this.#hasIndex) return this.#reader.getBookmark(bookmark)
    return scanForBookmark(log, bookmark)
  }
}

interface LogRange {
  readonly from: bigint
  /** Number behind the last entry; without it, what is committed is waited for. */
  readonly end: bigint | undefined
  readonly signal: AbortSignal
}

async function* readLog(log: StreamLog, { from, end, signal }: LogRange): AsyncGenerator<readonly Entry[], void, void> {
  const changes = new Changes(log, signal)
  try {
    await changes.until(() => log.header.totalEntries >= from)
    let place = await log.locate(Number(from))
    while (end === undefined || place.number < Number(end)) {
      await changes.until(() => log.header.totalEntries > BigInt(place.number))
      const cut = changes.takeCut()
      if (cut !== undefined) {
        // What was to be read up to its end is not waited for once that is gone.
        const hasLostEnd = end !== undefined && log.header.totalEntries <= BigInt(place.number)
        if (cut < place.number || hasLostEnd) {
          const message = `${log.path} was cut, or written anew, before entry ${place.number}, which was next`
          throw new MissingError('NOT_FOUND', message)
        }
        place = await log.locate(place.number)
        continue
      }
      const run = log.runInMemory(place) ?? (await log.runOnDisk(place))
      if (run === undefined) continue
      yield entriesOf(run.bytes)
      place = run.next
    }
  } finally {
    changes.stop()
  }
}

export function entriesOf(bytes: Uint8Array): readonly Entry[] {
  const view = viewOf(bytes)
  const entries: Entry[] = []
  for (let at = 0; at < bytes.length; ) {
    const entry = decodeEntry(view, at)
    if (entry === undefined) break
    entries.push(entry)
    at += ENTRY_HEAD_BYTES + entry.data.length
  }
  return entries
}

/** Waits for what happens to a log. */
class Changes {
  readonly stop: () => void
  readonly #signal: AbortSignal
  #cut: number | undefined
  #wake: () => void = () => {}

  constructor(log: StreamLog, signal: AbortSignal) {
    this.#signal = signal
    this.stop = log.listen({
      onCommit: () => this.#wake(),
      onTruncate: ({ totalEntries }) => {
        this.#cut = Math.min(this.#cut ?? Number.POSITIVE_INFINITY, Number(totalEntries))
        this.#wake()
      },
    })
  }

  /** Fewest entries that the log had since this was asked last, if it was cut. */
  takeCut(): number | undefined {
    const cut = this.#cut
    this.#cut = undefined
    return cut
  }

  /** Resolves once something is so, or the log was cut. @throws the signal's reason */
  async until(isSo: () => boolean): Promise<void> {
    this.#signal.throwIfAborted()
    while (!isSo() && this.#cut === undefined) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        this.#signal.addEventListener('abort', wake, { once: true })
      })
      this.#signal.throwIfAborted()
    }
  }
}
