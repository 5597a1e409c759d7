import { connect, type Socket } from 'node:net'
import { decodeSourceAnswer, encodeSourceRequest } from '@datastreamer/format/source'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import { type Form, STREAM } from '../form.ts'
import { LineAnswers, SourceAnswers, Template, type Wire } from './wire.ts'
import type { Writer, WriterOptions } from './writer.ts'

const data = Buffer.alloc(DATA_BYTES, 'a')
/** Of the number of its first entry, in the message that starts an operation. */
const AT_NUMBER = 5

/** Say what a connection begins with; then it takes operations. */
const OPEN: Readonly<Record<Form, (socket: Socket, entries: number) => Promise<Wire>>> = {
  operation: openOperations,
  commands: async (_, entries) => {
    const one = command('XADD', STREAM, '*', 'd', data)
    if (entries === 1) return lines(one, '$')
    return lines(Buffer.concat([command('MULTI'), ...Array<Buffer>(entries).fill(one), command('EXEC')]), '*')
  },
  fields: async (_, entries) => {
    const fields = Array.from({ length: entries }, () => ['d', data]).flat()
    return lines(command('XADD', STREAM, '*', ...fields), '$')
  },
  message: async (socket, entries) => {
    socket.write('CONNECT {"verbose":false,"pedantic":false}\r\nSUB acknowledged 1\r\n')
    const head = `PUB ${STREAM} acknowledged ${entries * data.length}\r\n`
    return lines(Buffer.concat([Buffer.from(head), ...Array<Buffer>(entries).fill(data), Buffer.from('\r\n')]), '{')
  },
}

export async function openWire(form: Form, { port, entries, flight }: WriterOptions): Promise<Writer & StampedWriter> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.once('error', (error) => flight.fail(error))
  socket.once('close', () => flight.fail(new Error('the connection was closed')))
  const wire = await OPEN[form](socket, entries)
  socket.on('data', (answers) => {
    try {
      flight.acknowledge(wire.acknowledged(answers))
    } catch (error) {
      flight.fail(error)
    }
  })
  return {
    write: (operations) => void socket.write(wire.encode(operations)),
    writeStamped: (stamp) => void socket.write(wire.encode(1, stamp)),
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}

export interface StampedWriter {
  /** Write one operation, with a number in its first data. */
  writeStamped(stamp: bigint): void
}

function lines(operation: Buffer, first: string): Wire {
  const template = new Template(operation, data)
  const answers = new LineAnswers(first)
  return {
    encode: (operations, stamp) =>
      stamp === undefined ? template.repeated(operations) : template.fresh(operations, stamp),
    acknowledged: (bytes) => answers.count(bytes),
  }
}

function command(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.map((word) =>
    Buffer.concat([Buffer.from(`$${word.length}\r\n`), Buffer.from(word), Buffer.from('\r\n')]),
  )
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts])
}

/** Ours: each operation says the number of its first entry. */
async function openOperations(socket: Socket, entries: number): Promise<Wire> {
  const hello = { streamType: 1n, nextEntry: undefined, sourceId: 'bench', token: new Uint8Array(0) }
  socket.write(encodeSourceRequest({ name: 'hello', ...hello }))
  let next = await welcomed(socket)
  const adds = Array<Uint8Array>(entries).fill(encodeSourceRequest({ name: 'addStreamEntry', type: 1, data }))
  const operation = Buffer.concat([
    encodeSourceRequest({ name: 'startAtomicOp', firstEntry: 0n }),
    ...adds,
    encodeSourceRequest({ name: 'commitAtomicOp' }),
  ])
  const template = new Template(operation, data)
  const answers = new SourceAnswers()
  return {
    encode(operations, stamp) {
      const bytes = template.fresh(operations, stamp)
      for (let at = AT_NUMBER; at < bytes.length; at += template.length) {
        // Numbers here fit in 32 of their 64 bits.
        bytes.writeUInt32BE(next, at + 4)
        next += entries
      }
      return bytes
    },
    acknowledged: (bytes) => answers.count(bytes),
  }
}

/** @returns the number of the next entry */
async function welcomed(socket: Socket): Promise<number> {
  let bytes = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      const answer = decodeSourceAnswer(bytes)
      if (answer === undefined) return
      socket.off('data', take)
      if (answer.name === 'welcome') resolve(Number(answer.header.totalEntries))
      else reject(new Error(`${answer.name} in place of a welcome`))
    }
    socket.on('data', take)
  })
}
