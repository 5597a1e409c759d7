import { constants, zstdCompressSync } from 'node:zlib'
import { portableCodecs, type ZstdDecoder } from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import { snappyFramedDecode, snappyFramedEncode } from '@datastreamer/e2store/snappy'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { concatBytes, type Entry, encodeEntry, readEntries } from '@datastreamer/format'
import { generateStream } from '@datastreamer/sequencer-entries'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, fixed, mebibytes } from './harness/format.ts'
import { alternate } from './harness/rounds.ts'
import { spread, summarize } from './harness/summary.ts'

const GENERATED_BLOCKS = 4000n
const RECORD_BYTES = [65_536, 1_048_576] as const
const LEVELS = [1, 3, 9] as const
/** Least time that one sample takes. */
const SAMPLE_MS = 200

export const segmentCompression: Benchmark = {
  name: 'segment-compression',
  title: 'Compression of segments',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const isRecorded = hasVectors('real-stream')
  const entries = isRecorded ? await recordedEntries() : generatedEntries()
  const of = isRecorded ? 'the recorded stream of a real network' : 'a generated stream, which hardly shrinks'
  const tables: Table[] = []
  for (const bytes of RECORD_BYTES) tables.push(await measure(of, recordsOf(entries, bytes), { bytes, context }))
  return tables
}

/** A way to compress records and to get them back. */
interface Way {
  readonly name: string
  compress(record: Uint8Array): Uint8Array
  /** With code for every platform, and with Node's where there is such. */
  readonly decompress: Readonly<Record<string, Decompress>>
}

type Decompress = (compressed: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>

const WAYS: readonly Way[] = [
  {
    name: 'framed snappy',
    compress: snappyFramedEncode,
    decompress: {
      portable: (compressed, size) => snappyFramedDecode(compressed, { maxBytes: size, position: 0, step: 'read' }),
    },
  },
  ...LEVELS.map((level) => ({
    name: `zstd, level ${level}`,
    compress: (record: Uint8Array): Uint8Array => {
      const params = { [constants.ZSTD_c_compressionLevel]: level }
      return zstdCompressSync(record, { params, pledgedSrcSize: record.length, chunkSize: record.length })
    },
    decompress: { portable: by(portableCodecs.zstd), node: by(nodeCodecs.zstd) },
  })),
]

function by(decoder: ZstdDecoder): Decompress {
  return (compressed, size) => decoder.decompress(compressed, size)
}

interface MeasureOptions {
  /** Of a record. */
  readonly bytes: number
  readonly context: BenchContext
}

async function measure(of: string, records: readonly Uint8Array[], options: MeasureOptions): Promise<Table> {
  const { bytes, context } = options
  const total = records.reduce((sum, { length }) => sum + length, 0)
  const sampleMs = context.quick ? 1 : SAMPLE_MS
  const rows: string[][] = []
  for (const { name, compress, decompress } of WAYS) {
    const compressed = records.map(compress)
    const measures: Record<string, () => Promise<number>> = {
      compress: () => rate(total, sampleMs, () => void records.map(compress)),
    }
    for (const [platform, decode] of Object.entries(decompress)) {
      measures[platform] = () =>
        rate(total, sampleMs, async () => {
          for (const [i, record] of compressed.entries()) await decode(record, records[i]?.length ?? 0)
        })
    }
    const samples = await alternate(measures, context)
    const speed = (each: string): string => (samples[each] ? spread(summarize(samples[each]), count) : '')
    const ratio = total / compressed.reduce((sum, { length }) => sum + length, 0)
    rows.push([name, fixed(2)(ratio), speed('compress'), speed('portable'), speed('node')])
  }
  return {
    title: `Records of ${bytes / 1024} KiB, ${mebibytes(total)} of entries in all`,
    columns: ['compressed by', 'times as short', 'MB/s', 'back, portable, MB/s', "back, by Node's zlib, MB/s"],
    rows,
    note: `Entries of ${of}. MB are of what is compressed.`,
  }
}

/** Megabytes a second, over as many repetitions as a sample needs. */
async function rate(bytes: number, sampleMs: number, pass: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  let passes = 0
  let elapsed = 0
  for (; elapsed < sampleMs; elapsed = performance.now() - start) {
    await pass()
    passes++
  }
  return (passes * bytes) / 1000 / elapsed
}

/** Whole entries, back to back, in records of at most so many bytes. */
function recordsOf(entries: readonly Entry[], bytes: number): Uint8Array[] {
  const records: Uint8Array[] = []
  let parts: Uint8Array[] = []
  let length = 0
  for (const entry of entries) {
    const part = encodeEntry(entry)
    if (length > 0 && length + part.length > bytes) {
      records.push(concatBytes(parts))
      parts = []
      length = 0
    }
    parts.push(part)
    length += part.length
  }
  return [...records, concatBytes(parts)]
}

function generatedEntries(): Entry[] {
  const operations = [...generateStream({ blocks: GENERATED_BLOCKS })]
  return operations.flat().map((entry, number) => ({ ...entry, number: BigInt(number) }))
}

async function recordedEntries(): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of readEntries(readVector('real-stream', 'data-stream.bin.gz'))) entries.push(entry)
  return entries
}
