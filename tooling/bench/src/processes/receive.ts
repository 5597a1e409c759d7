/** Reads so many entries from servers with the client, of several at the same time. */
import { StreamClient } from '@datastreamer/client'
import { answerQuestions } from '../harness/process.ts'

export interface ReceiveQuestion {
  readonly ports: readonly number[]
  readonly entries: number
  /** Whether entries begin with the time at which they were committed. */
  readonly stamped: boolean
}

export interface ReceiveAnswer {
  /** Until the last entry of all was there. */
  readonly seconds: number
  /** Of each entry, by port, if they are stamped. */
  readonly latenciesMs: readonly (readonly number[])[]
}

answerQuestions(async ({ ports, entries, stamped }: ReceiveQuestion): Promise<ReceiveAnswer> => {
  const start = performance.now()
  const latenciesMs = await Promise.all(ports.map((port) => receive(port, entries, stamped)))
  return { seconds: (performance.now() - start) / 1000, latenciesMs }
})

async function receive(port: number, entries: number, stamped: boolean): Promise<number[]> {
  await using client = new StreamClient({ host: '127.0.0.1', port })
  const latenciesMs: number[] = []
  for await (const batch of client.batches({ to: BigInt(entries - 1) })) {
    if (!stamped) continue
    const now = process.hrtime.bigint()
    for (const { data } of batch) latenciesMs.push(Number(now - stampOf(data)) / 1e6)
  }
  return latenciesMs
}

function stampOf(data: Uint8Array): bigint {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(0)
}
