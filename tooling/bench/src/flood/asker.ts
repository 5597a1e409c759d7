/** A client that asks for the header now and then, and says how long the answers take. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeCommand, encodeResult } from '@datastreamer/format'
import { answerQuestions } from '../harness/process.ts'

export interface AskQuestion {
  readonly port: number
  /** Time to ask for. */
  readonly forMs: number
  /** Make a connection for each question, and count the time that takes. */
  readonly afresh: boolean
}

const PAUSE_MS = 5
const ANSWER_BYTES = encodeResult(0).length + 38

/** Answers with the latencies, in ms. */
answerQuestions(async ({ port, forMs, afresh }: AskQuestion): Promise<readonly number[]> => {
  const latencies: number[] = []
  const end = performance.now() + forMs
  let socket: Socket | undefined
  while (performance.now() < end) {
    await sleep(PAUSE_MS)
    const began = performance.now()
    socket ??= await dial(port)
    await ask(socket)
    latencies.push(performance.now() - began)
    if (!afresh) continue
    socket.destroy()
    socket = undefined
  }
  socket?.destroy()
  return latencies
})

async function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function ask(socket: Socket): Promise<void> {
  let missing = ANSWER_BYTES
  socket.write(encodeCommand({ name: 'header' }, 1n))
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Uint8Array): void => {
      missing -= chunk.length
      if (missing > 0) return
      socket.off('data', onData)
      socket.off('close', onClose)
      resolve()
    }
    const onClose = (): void => reject(new Error('the connection was closed'))
    socket.on('data', onData)
    socket.once('close', onClose)
  })
}
