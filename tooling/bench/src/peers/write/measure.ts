import { tempDir } from '@datastreamer/fixtures'
import { askOnce } from '../../harness/process.ts'
import { entriesOfRecord, type Form, SYSTEM_OF } from '../form.ts'
import { START } from '../servers/start.ts'
import { redisBenchmark } from './redis-benchmark.ts'
import type { By, PeerWriteAnswer, PeerWriteQuestion } from './write.ts'

/** Who writes to what. */
export type Way =
  | { readonly t: 'client' | 'bytes'; readonly form: Form }
  /** A store in the process that writes. */
  | { readonly t: 'store' }
  /** Redis's own benchmark. */
  | { readonly t: 'redis-benchmark' }

interface Load {
  /** Entries of an operation. */
  readonly entries: number
  readonly isDurable: boolean
  readonly quick: boolean
}

const MS = 500
const WARM_UP_MS = 600
/** Entries begun together, and waiting for an answer at most: by which all were found to be about as fast as they can. */
const BATCH_ENTRIES = 1000
const WINDOW_ENTRIES = 4000
/** Commands of redis-benchmark that take about as long. */
const COMMANDS = 200_000

/** @returns entries a second, of a fresh stream @throws {Error} not all that was acknowledged is there */
export async function measureWrites(way: Way, load: Load): Promise<number> {
  const { entries, isDurable, quick } = load
  using folder = tempDir()
  if (way.t === 'store') return rate(await ask({ t: 'store', isDurable }, load), entries)
  const system = way.t === 'redis-benchmark' ? 'redis' : SYSTEM_OF[way.form]
  await using server = await START[system](folder.path, isDurable)
  const { port } = server
  if (way.t === 'redis-benchmark') {
    return entries * (await redisBenchmark(port, entries, Math.ceil(COMMANDS / entries / (quick ? 10 : 1))))
  }
  const answer = await ask({ t: way.t, form: way.form, port }, load)
  const expected = (answer.acknowledged * entries) / entriesOfRecord(way.form, entries)
  const found = await server.records()
  if (found !== expected) throw new Error(`${system} has ${found} records, and acknowledged ${expected}`)
  return rate(answer, entries)
}

function ask(by: By, { entries, quick }: Load): Promise<PeerWriteAnswer> {
  return askOnce<PeerWriteAnswer>('../peers/write/write.ts', {
    by,
    entries,
    batch: Math.ceil(BATCH_ENTRIES / entries),
    window: Math.ceil(WINDOW_ENTRIES / entries),
    until: { ms: quick ? MS / 10 : MS },
    warmUpMs: quick ? WARM_UP_MS / 10 : WARM_UP_MS,
  } satisfies PeerWriteQuestion)
}

function rate({ operations, seconds }: PeerWriteAnswer, entries: number): number {
  return (operations * entries) / seconds
}
