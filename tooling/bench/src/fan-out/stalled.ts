/** A reader that asks for all and takes nothing; when it is dropped it comes again, until it is to leave. */
import { connect, type Socket } from 'node:net'
import { encodeCommand } from '@datastreamer/format'
import { answerQuestions } from '../harness/process.ts'

export type StalledQuestion =
  /** Answered when it is connected. */
  { readonly t: 'join'; readonly port: number } | { readonly t: 'leave' }

let socket: Socket | undefined

answerQuestions(async (question: StalledQuestion): Promise<void> => {
  if (question.t === 'join') return join(question.port)
  const mine = socket
  socket = undefined
  mine?.destroy()
})

async function join(port: number): Promise<void> {
  const mine = connect({ port, host: '127.0.0.1' })
  socket = mine
  mine.pause()
  mine.on('error', () => {})
  mine.once('close', () => setTimeout(() => socket === mine && void join(port), 100))
  await new Promise<void>((resolve) => {
    mine.once('connect', () => {
      mine.write(encodeCommand({ name: 'start', fromEntryNumber: 0n }, 1n))
      resolve()
    })
  })
}
