/** Clients that send commands as fast as the server takes them, and read the answers or do not. */
import { connect, type Socket } from 'node:net'
import { getPriority, setPriority } from 'node:os'
import { encodeCommand } from '@datastreamer/format'
import { answerQuestions } from '../harness/process.ts'
import { bookmarkOf, OPERATION_ENTRIES } from '../harness/stream-file.ts'

/** What is sent again and again: `Start` and `StartBookmark` with the Stop that they need, the others alone. */
export const FLOODS = ['header', 'entry', 'bookmark', 'start', 'stop', 'startBookmark', 'rangeBookmark'] as const
export type Flood = (typeof FLOODS)[number]

export type FlooderQuestion =
  /** Answered when all are connected. Connections that are closed are made again. */
  | {
      readonly t: 'flood'
      readonly port: number
      readonly connections: number
      /** Of each connection in turn. */
      readonly floods: readonly Flood[]
      readonly reads: boolean
      /** Entries of the stream, whole operations. */
      readonly entries: number
    }
  /** Answered with what went to and fro until then, in bytes; then all leave. */
  | { readonly t: 'leave' }

export interface FloodTraffic {
  readonly sent: number
  readonly received: number
}

/** Commands that are written at once. */
const CHUNK_COMMANDS = 2048
/** Operations of a range. */
const RANGE_OPERATIONS = 10

/** Commands that are written again and again, or once if the server closes at the first of them. */
interface Chunk {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

const shared = Buffer.allocUnsafeSlow(256 * 1024)
let sockets = new Set<Socket>()
let primed = false
let traffic = { sent: 0, received: 0 }

answerQuestions(async (question: FlooderQuestion): Promise<FloodTraffic> => {
  if (question.t === 'leave') {
    const all = sockets
    sockets = new Set()
    for (const socket of all) {
      traffic.sent += socket.bytesWritten - socket.writableLength
      socket.destroy()
    }
    return traffic
  }
  // They stand for other machines: what they do to this one's processors is no part of it.
  if (!primed) {
    primed = true
    setPriority(Math.min(19, getPriority() + 10))
  }
  traffic = { sent: 0, received: 0 }
  const { port, connections, floods, reads, entries } = question
  const chunks = floods.map((flood): Chunk => ({ bytes: chunkOf(flood, entries), isLast: flood === 'stop' }))
  await Promise.all(
    Array.from({ length: connections }, (_, i) => join(port, chunks[i % chunks.length] as Chunk, reads)),
  )
  return traffic
})

async function join(port: number, { bytes: chunk, isLast }: Chunk, reads: boolean): Promise<void> {
  const mine = sockets
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: shared,
      callback: (length) => {
        traffic.received += length
        return true
      },
    },
  })
  if (!reads) socket.pause()
  mine.add(socket)
  const more = (error?: Error | null): void => {
    if (error == null && socket.writable) socket.write(chunk, isLast ? undefined : more)
  }
  socket.on('error', () => {})
  socket.once('close', () => {
    mine.delete(socket)
    traffic.sent += socket.bytesWritten - socket.writableLength
    if (sockets === mine) void join(port, { bytes: chunk, isLast }, reads)
  })
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.once('connect', () => {
      more()
      resolve()
    })
  })
}

function chunkOf(flood: Flood, entries: number): Uint8Array {
  const operations = entries / (OPERATION_ENTRIES + 1)
  const any = (below: number): number => Math.floor(Math.random() * below)
  const next = (): Uint8Array[] => {
    const stop = encodeCommand({ name: 'stop' }, 1n)
    const bookmark = bookmarkOf(any(operations)).slice()
    switch (flood) {
      case 'header':
      case 'stop':
        return [encodeCommand({ name: flood }, 1n)]
      case 'entry':
        return [encodeCommand({ name: flood, entryNumber: BigInt(any(entries)) }, 1n)]
      case 'bookmark':
        return [encodeCommand({ name: flood, bookmark }, 1n)]
      case 'start':
        return [encodeCommand({ name: flood, fromEntryNumber: BigInt(any(entries)) }, 1n), stop]
      case 'startBookmark':
        return [encodeCommand({ name: flood, bookmark }, 1n), stop]
      case 'rangeBookmark': {
        const from = any(operations - RANGE_OPERATIONS)
        const range = { from: bookmarkOf(from).slice(), to: bookmarkOf(from + RANGE_OPERATIONS).slice() }
        return [encodeCommand({ name: flood, ...range }, 1n)]
      }
    }
  }
  return Buffer.concat(Array.from({ length: CHUNK_COMMANDS }, next).flat())
}
