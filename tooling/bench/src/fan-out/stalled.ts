/** A reader that asks for all and takes nothing; when it is dropped it comes again. */
import { connect } from 'node:net'
import { encodeCommand } from '@datastreamer/format'
import { answerQuestions } from '../harness/process.ts'

export interface StalledQuestion {
  readonly port: number
}

/** Answered when it is connected. */
answerQuestions(async ({ port }: StalledQuestion): Promise<void> => join(port))

async function join(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.pause()
  socket.on('error', () => {})
  socket.once('close', () => setTimeout(() => void join(port), 100))
  await new Promise<void>((resolve) => {
    socket.once('connect', () => {
      socket.write(encodeCommand({ name: 'start', fromEntryNumber: 0n }, 1n))
      resolve()
    })
  })
}
