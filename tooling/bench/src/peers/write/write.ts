/** Writes operations as fast as they are acknowledged. */
import { tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { answerQuestions } from '../../harness/process.ts'
import { turn } from '../../harness/stream-file.ts'
import type { Form } from '../form.ts'
import { CLIENTS, streamWriter } from './clients.ts'
import { InFlight } from './in-flight.ts'
import { openWire } from './wires.ts'
import type { Writer } from './writer.ts'

/** Who writes: a client, bytes that were encoded before, or a store in the process that writes. */
export type By =
  | { readonly t: 'client' | 'bytes'; readonly form: Form; readonly port: number }
  | { readonly t: 'store'; readonly isDurable: boolean }

export interface PeerWriteQuestion {
  readonly by: By
  /** Entries of an operation. */
  readonly entries: number
  /** Operations begun together, and those that wait for an answer at most. */
  readonly batch: number
  readonly window: number
  /** How long to write, or how much. */
  readonly until: { readonly ms: number } | { readonly operations: number }
  /** How long to write before, without being measured. */
  readonly warmUpMs: number
}

export interface PeerWriteAnswer {
  /** Of what was measured, until the last answer. */
  readonly operations: number
  readonly seconds: number
  /** Acknowledged in all. */
  readonly acknowledged: number
}

answerQuestions(async (question: PeerWriteQuestion): Promise<PeerWriteAnswer> => {
  const { by, entries, until, warmUpMs } = question
  using folder = tempDir()
  const flight = new InFlight()
  await using writer = await open(by, entries, folder.join('data-stream.bin'), flight)
  await fill(writer, flight, question, { ms: warmUpMs })
  const before = flight.acknowledged
  const start = performance.now()
  await fill(writer, flight, question, until)
  const seconds = (performance.now() - start) / 1000
  return { operations: flight.acknowledged - before, seconds, acknowledged: flight.acknowledged }
})

async function open(by: By, entries: number, file: string, flight: InFlight): Promise<Writer> {
  if (by.t === 'store') {
    return streamWriter(await openStore({ file, fsync: by.isDurable ? 'commit' : 'never' }), entries, flight)
  }
  const options = { port: by.port, entries, flight }
  return by.t === 'bytes' ? openWire(by.form, options) : CLIENTS[by.form](options)
}

async function fill(
  writer: Writer,
  flight: InFlight,
  { batch, window }: PeerWriteQuestion,
  until: PeerWriteQuestion['until'],
): Promise<void> {
  const end = performance.now() + ('ms' in until ? until.ms : Number.POSITIVE_INFINITY)
  const most = 'ms' in until ? Number.POSITIVE_INFINITY : until.operations
  for (let written = 0; written < most && performance.now() < end; ) {
    const operations = Math.min(batch, most - written)
    flight.begin(operations)
    writer.write(operations)
    written += operations
    await turn()
    await flight.atMost(window - batch)
  }
  await flight.atMost(0)
}
