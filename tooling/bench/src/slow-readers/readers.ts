/** Many readers that join at once, anywhere in the stream, and take little of what they asked for. */
import { connect, type Socket } from 'node:net'
import { encodeCommand } from '@datastreamer/format'
import { answerQuestions } from '../harness/process.ts'

export type SlowReadersQuestion =
  /** Answered when all got their first bytes. Those that are closed before they leave fail the next question. */
  | {
      readonly t: 'join'
      readonly port: number
      readonly readers: number
      /** Entries of the stream. */
      readonly entries: number
      readonly bytesPerSecond: number
    }
  | { readonly t: 'leave' }

const PERIOD_MS = 1000

let sockets: Socket[] = []
let closed = 0

answerQuestions(async (question: SlowReadersQuestion): Promise<void> => {
  if (question.t === 'leave') {
    const lost = closed
    for (const socket of sockets) socket.destroy()
    sockets = []
    if (lost > 0) throw new Error(`${lost} readers were closed`)
    return
  }
  const { port, readers, entries, bytesPerSecond } = question
  closed = 0
  await Promise.all(
    Array.from({ length: readers }, () => join(port, Math.floor(Math.random() * entries), bytesPerSecond)),
  )
})

async function join(port: number, entry: number, bytesPerSecond: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      // One buffer is taken in each period; the rest stays with the system, and then with the server.
      onread: {
        buffer: new Uint8Array((bytesPerSecond * PERIOD_MS) / 1000),
        callback: () => {
          setTimeout(() => socket.resume(), PERIOD_MS)
          resolve()
          return false
        },
      },
    })
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      closed++
      resolve()
    })
    socket.write(encodeCommand({ name: 'start', fromEntryNumber: BigInt(entry) }, 1n))
  })
}
