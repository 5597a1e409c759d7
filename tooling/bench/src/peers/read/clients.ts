/** Each system read with its client for Node, called as it was found to be fastest: so many entries, from the first. */
import { connect as connectStream } from '@datastreamer/client'
import { AckPolicy, DeliverPolicy, jetstreamManager, ReplayPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import { type Form, STREAM } from '../form.ts'

/** Entries that Redis is asked for at once: more of them are slower. */
const COUNT = 1000

/** @param records how many there are to be read @param entries of each @returns how many records came */
export type ReadAll = (port: number, records: number, entries: number) => Promise<number>

export const READ_ALL: Readonly<Record<Form, ReadAll>> = {
  operation: async (port) => {
    await using client = await connectStream({ host: '127.0.0.1', port })
    let read = 0
    for await (const batch of client.batches({ follow: false })) read += batch.length
    return read
  },
  commands: readRedis,
  fields: readRedis,
  message: readJetStream,
}

async function readRedis(port: number, records: number): Promise<number> {
  const redis = new Redis(port, '127.0.0.1')
  let [read, last]: [number, string | Buffer] = [0, '0-0']
  while (read < records) {
    const [answer] = (await redis.xreadBuffer('COUNT', COUNT, 'STREAMS', STREAM, last)) ?? []
    const entries = (answer?.[1] ?? []) as unknown as readonly (readonly [Buffer, readonly Buffer[]])[]
    const [id] = entries.at(-1) ?? []
    if (id === undefined) break
    read += entries.length
    last = id
  }
  redis.disconnect()
  return read
}

/** A subscription to what a push consumer delivers: the consumers of the client take twice as long. */
async function readJetStream(port: number, records: number, entries: number): Promise<number> {
  const connection = await connect({ port, reconnect: false })
  const manager = await jetstreamManager(connection)
  let read = 0
  const all = new Promise<void>((resolve, reject) => {
    connection.subscribe('delivered', {
      callback: (error, message) => {
        if (error !== null) return reject(error)
        // As other clients hand out entries, and not several in one.
        const found = Array.from({ length: entries }, (_, i) =>
          message.data.subarray(i * DATA_BYTES, (i + 1) * DATA_BYTES),
        )
        if (found.at(-1)?.length !== DATA_BYTES) reject(new Error(`a message of ${message.data.length} bytes`))
        else if (++read === records) resolve()
      },
    })
    void connection.closed().then((error) => reject(error ?? new Error(`closed after ${read} messages`)))
  })
  await manager.consumers.add(STREAM, {
    deliver_subject: 'delivered',
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    mem_storage: true,
  })
  await all
  await connection.close()
  return read
}
