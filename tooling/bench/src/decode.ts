import { hasVectors, readVector } from '@datastreamer/fixtures'
import { type Entry, readEntries } from '@datastreamer/format'
import { assembleBlocks, decodeSequencerEntry, entryKind, generateStream } from '@datastreamer/sequencer-entries'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count } from './harness/format.ts'
import { alternate } from './harness/rounds.ts'
import { spread, summarize } from './harness/summary.ts'

const GENERATED_BLOCKS = 20_000
/** Entries that are assembled from one array, as a client gives them. */
const BATCH_ENTRIES = 300
/** Least time that one sample takes, so that short streams are repeated. */
const SAMPLE_MS = 500

export const decode: Benchmark = {
  name: 'decode',
  title: 'Decoding protobuf entries',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const blocks = BigInt(context.quick ? GENERATED_BLOCKS / 10 : GENERATED_BLOCKS)
  const made = await measure('A generated stream', generatedEntries(blocks), context)
  if (!hasVectors('real-stream')) return [made]
  return [made, await measure('A recorded stream of a real network', await recordedEntries(), context)]
}

async function measure(title: string, entries: readonly Entry[], context: BenchContext): Promise<Table> {
  const blocks = entries.filter(({ type }) => entryKind(type, 'protobuf') === 'l2Block')
  const batches = Array.from({ length: Math.ceil(entries.length / BATCH_ENTRIES) }, (_, i) =>
    entries.slice(i * BATCH_ENTRIES, (i + 1) * BATCH_ENTRIES),
  )
  const samples = await alternate(
    {
      blocks: () => rate(blocks.length, () => decodeAll(blocks)),
      entries: () => rate(entries.length, () => decodeAll(entries)),
      full: () => rate(blocks.length, () => assembleAll(batches)),
    },
    context,
  )
  const bytes = entries.reduce((sum, { data }) => sum + data.length, 0)
  return {
    title: `${title}: ${count(entries.length)} entries with ${count(bytes)} bytes of data, ${count(blocks.length)} L2 blocks`,
    columns: ['what', 'a second'],
    rows: [
      ['L2 block entries decoded', spread(summarize(samples.blocks), count)],
      ['entries of all kinds decoded', spread(summarize(samples.entries), count)],
      ['full L2 blocks assembled from all entries', spread(summarize(samples.full), count)],
    ],
  }
}

function decodeAll(entries: readonly Entry[]): void {
  for (const entry of entries) decodeSequencerEntry(entry, 'protobuf')
}

async function assembleAll(batches: readonly (readonly Entry[])[]): Promise<void> {
  let blocks = 0
  for await (const block of assembleBlocks(batches, { generation: 'protobuf' })) blocks += block.number >= 0n ? 1 : 0
  if (blocks === 0) throw new Error('no block was assembled')
}

/** Things a second, over as many repetitions as a sample needs. */
async function rate(things: number, pass: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  let passes = 0
  let elapsed = 0
  for (; elapsed < SAMPLE_MS; elapsed = performance.now() - start) {
    await pass()
    passes++
  }
  return (passes * things * 1000) / elapsed
}

function generatedEntries(blocks: bigint): Entry[] {
  return [...generateStream({ blocks })].flat().map((entry, number) => ({ ...entry, number: BigInt(number) }))
}

async function recordedEntries(): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of readEntries(readVector('real-stream', 'data-stream.bin.gz'))) entries.push(entry)
  return entries
}
