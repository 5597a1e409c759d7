import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { BOOKMARK_TYPE } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openReader, openStore } from '@datastreamer/store'
import type { BenchContext } from '../harness/benchmark.ts'
import { turn } from '../harness/stream-file.ts'

/** A stream whose entries are those of a shorter one, over and over. */
export interface RepeatedStream {
  readonly file: string
  readonly entries: number
  /** Bytes in use, header page and padding included. */
  readonly bytes: number
  /** What the shorter one is. */
  readonly of: string
}

type Operation = readonly { readonly type: number; readonly data: Uint8Array }[]

/** Operations after which others have their turn. */
const TURN_OPERATIONS = 1000
/** Blocks that are made up where there is no recorded stream. */
const MADE_UP_BLOCKS = 2000n

/** Make a stream of at least so many bytes: of a recorded one of a real network, where it is there, or else of blocks made up. */
export async function makeRepeatedStream(
  { folder }: BenchContext,
  name: string,
  bytes: number,
): Promise<RepeatedStream> {
  const isRecorded = hasVectors('real-stream')
  const operations = isRecorded ? await recorded(folder) : [...generateStream({ blocks: MADE_UP_BLOCKS })]
  const file = join(folder, name)
  await using store = await openStore({ file, fsync: 'never' })
  for (let i = 0; store.getHeader().totalLength < bytes; i++) {
    store.startAtomicOp()
    for (const { type, data } of operations[i % operations.length] ?? []) store.addStreamEntry(type, data)
    const committed = store.commitAtomicOp()
    if (i % TURN_OPERATIONS !== 0) continue
    await committed
    await turn()
  }
  const { totalEntries, totalLength } = store.getHeader()
  const of = isRecorded ? 'the recorded stream of a real network' : 'made-up blocks, which hardly shrink'
  return { file, entries: Number(totalEntries), bytes: totalLength, of }
}

/** The entries of the recorded stream, an operation for each bookmark. */
async function recorded(folder: string): Promise<Operation[]> {
  const file = join(folder, 'recorded.bin')
  writeFileSync(file, readVector('real-stream', 'data-stream.bin.gz'))
  await using reader = await openReader({ file })
  const operations: { readonly type: number; readonly data: Uint8Array }[][] = []
  for await (const { type, data } of reader.entries({ follow: false })) {
    if (type === BOOKMARK_TYPE || operations.length === 0) operations.push([])
    operations.at(-1)?.push({ type, data: data.slice() })
  }
  return operations
}
