/** Opens a stream file and looks things up in it. */
import { openReader, openStore, type StreamReader } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'
import { bookmarkOf, OPERATION_ENTRIES } from '../harness/stream-file.ts'
import { summarize } from '../harness/summary.ts'

export interface OpenQuestion {
  readonly file: string
  /** As a writer does, or as one that only reads. */
  readonly as: 'store' | 'reader'
}

/** Milliseconds, and bytes. */
export interface OpenAnswer {
  readonly open: number
  /** The first look-up of an entry, and of a bookmark. */
  readonly firstEntry: number
  readonly firstBookmark: number
  /** The median of many more. */
  readonly entry: number
  readonly bookmark: number
  readonly peakMemory: number
}

const LOOK_UPS = 1000

answerQuestions(async ({ file, as }: OpenQuestion): Promise<OpenAnswer> => {
  const start = performance.now()
  await using stream = as === 'store' ? await openStore({ file }) : await openReader({ file })
  const open = performance.now() - start
  const operations = Number(stream.getHeader().totalEntries) / (OPERATION_ENTRIES + 1)
  const anyOperation = (): number => Math.floor(Math.random() * operations)
  return {
    open,
    firstEntry: await timeOf(() => findEntry(stream, anyOperation())),
    firstBookmark: await timeOf(() => findBookmark(stream, anyOperation())),
    entry: await medianOf(() => findEntry(stream, anyOperation())),
    bookmark: await medianOf(() => findBookmark(stream, anyOperation())),
    peakMemory: process.resourceUsage().maxRSS * 1024,
  }
})

async function findEntry(stream: StreamReader, operation: number): Promise<void> {
  const number = BigInt(operation * (OPERATION_ENTRIES + 1) + 5)
  if ((await stream.getEntry(number))?.number !== number) throw new Error(`entry ${number} was not found`)
}

async function findBookmark(stream: StreamReader, operation: number): Promise<void> {
  const number = BigInt(operation * (OPERATION_ENTRIES + 1))
  if ((await stream.getBookmark(bookmarkOf(operation))) !== number) throw new Error(`bookmark ${number} was not found`)
}

async function medianOf(lookUp: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < LOOK_UPS; i++) times.push(await timeOf(lookUp))
  return summarize(times).median
}

async function timeOf(lookUp: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await lookUp()
  return performance.now() - start
}
