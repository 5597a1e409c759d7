/** Each system written to with its client for Node, called as it was found to be fastest. */
import { connectSource } from '@datastreamer/client/source'
import type { StreamWriter } from '@datastreamer/format/source'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import { type Form, STREAM } from '../form.ts'
import type { InFlight } from './in-flight.ts'
import type { Writer, WriterOptions } from './writer.ts'

const data = Buffer.alloc(DATA_BYTES, 'a')

export const CLIENTS: Readonly<Record<Form, (options: WriterOptions) => Promise<Writer>>> = {
  operation: async ({ port, entries, flight }) =>
    streamWriter(await connectSource({ host: '127.0.0.1', port }), entries, flight),
  commands: async ({ port, entries, flight }) => {
    const redis = new Redis(port, '127.0.0.1')
    return redisWriter(
      redis,
      flight,
      entries === 1 ? () => redis.xadd(STREAM, '*', 'd', data) : commands(redis, entries),
    )
  },
  fields: async ({ port, entries, flight }) => {
    const redis = new Redis(port, '127.0.0.1')
    const fields = Array.from({ length: entries }, () => ['d', data]).flat()
    return redisWriter(redis, flight, () => redis.xadd(STREAM, '*', ...fields))
  },
  message: openJetStream,
}

/** Ours, over its source port or in this process. */
export function streamWriter(stream: StreamWriter, entries: number, flight: InFlight): Writer {
  return {
    write(operations) {
      for (let operation = 0; operation < operations; operation++) {
        stream.startAtomicOp()
        for (let entry = 0; entry < entries; entry++) stream.addStreamEntry(1, data)
        settle(flight, stream.commitAtomicOp())
      }
    },
    [Symbol.asyncDispose]: () => stream.close(),
  }
}

/** The commands of a transaction go out as they are called; its end answers for all. */
function commands(redis: Redis, entries: number): () => Promise<unknown> {
  return () => {
    redis.multi({ pipeline: false }).catch(() => {})
    for (let entry = 0; entry < entries; entry++) redis.xadd(STREAM, '*', 'd', data).catch(() => {})
    return redis.exec()
  }
}

function redisWriter(redis: Redis, flight: InFlight, begin: () => Promise<unknown>): Writer {
  return {
    write(operations) {
      for (let operation = 0; operation < operations; operation++) settle(flight, begin())
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
    },
  }
}

/** Messages that share one subject for their acknowledgements: `publish` of the JetStream client has one for each. */
async function openJetStream({ port, entries, flight }: WriterOptions): Promise<Writer> {
  const connection = await connect({ port })
  const reply = 'acknowledged'
  connection.subscribe(reply, {
    callback: (error, { data }) => {
      if (error !== null) flight.fail(error)
      else if (data[2] !== 's'.charCodeAt(0)) flight.fail(new Error(Buffer.from(data).toString()))
      else flight.acknowledge(1)
    },
  })
  return {
    write(operations) {
      for (let operation = 0; operation < operations; operation++) {
        const message = new Uint8Array(entries * data.length)
        for (let entry = 0; entry < entries; entry++) message.set(data, entry * data.length)
        connection.publish(STREAM, message, { reply })
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

function settle(flight: InFlight, answer: Promise<unknown>): void {
  answer.then(
    () => flight.acknowledge(1),
    (error: unknown) => flight.fail(error),
  )
}
