/** Says something to a server and counts the bytes that come, into memory that is used again and again. */
import { connect } from 'node:net'
import { answerQuestions } from '../harness/process.ts'

const READ_BYTES = 256 * 1024

export interface CountQuestion {
  readonly port: number
  /** What to say, in hex. */
  readonly say: string
  /** Bytes to wait for. */
  readonly bytes: number
}

/** Answers with the seconds from saying it to the last byte. */
answerQuestions(async ({ port, say, bytes }: CountQuestion): Promise<number> => {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  return new Promise((resolve, reject) => {
    let start = 0
    let left = bytes
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (length) => {
          left -= length
          if (left <= 0) {
            resolve((performance.now() - start) / 1000)
            socket.destroy()
          }
          return left > 0
        },
      },
    })
    socket.once('connect', () => {
      start = performance.now()
      socket.write(Buffer.from(say, 'hex'))
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`the connection was closed ${left} bytes early`)))
  })
})
