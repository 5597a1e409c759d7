/** Writes operations: through a source client, into a store of its own, or as bare bytes. */
import { connect } from 'node:net'
import { connectSource } from '@datastreamer/client/source'
import { tempDir } from '@datastreamer/fixtures'
import { type Fsync, openStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'
import { type Load, type PacedLoad, writeLoad, writePaced } from './load.ts'

export type WriterQuestion =
  | ({ readonly t: 'source'; readonly port: number } & Load)
  | ({ readonly t: 'store'; readonly fsync: Fsync } & Load)
  /** At a pace: every entry begins with the time at which its operation was begun. */
  | ({ readonly t: 'paced'; readonly port: number } & PacedLoad)
  | { readonly t: 'bytes'; readonly port: number; readonly bytes: number }

export interface WriterAnswer {
  /** Until the last answer. */
  readonly seconds: number
  /** CPU time of all threads meanwhile. */
  readonly cpuMs: number
}

const CHUNK_BYTES = 64 * 1024

answerQuestions(async (question: WriterQuestion): Promise<WriterAnswer> => {
  if (question.t === 'bytes') return timed(() => sendBytes(question.port, question.bytes))
  if (question.t === 'paced') {
    await using source = await connectSource({ host: '127.0.0.1', port: question.port })
    return await timed(() => writePaced(source, question))
  }
  if (question.t === 'source') {
    await using source = await connectSource({ host: '127.0.0.1', port: question.port })
    return await timed(() => writeLoad(source, question))
  }
  using folder = tempDir()
  await using store = await openStore({ file: folder.join('data-stream.bin'), fsync: question.fsync })
  return await timed(() => writeLoad(store, question))
})

async function timed(work: () => Promise<void>): Promise<WriterAnswer> {
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpuBefore)
  return { seconds: (performance.now() - start) / 1000, cpuMs: (user + system) / 1000 }
}

async function sendBytes(port: number, bytes: number): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  await new Promise<void>((resolve, reject) => {
    let left = bytes
    const socket = connect({ port, host: '127.0.0.1' })
    const send = (): void => {
      while (left > 0) {
        const part = chunk.subarray(0, left)
        left -= part.length
        if (!socket.write(part)) return
      }
    }
    socket.on('connect', send)
    socket.on('drain', send)
    socket.on('error', reject)
    socket.on('data', () => socket.end(resolve))
  })
}
