/** Passes connections on to a server over a line of a rate and a delay; answers with its port. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { answerQuestions } from '../harness/process.ts'
import { Line } from '../slow-line/line.ts'

export interface LineQuestion {
  /** Where to. */
  readonly port: number
  readonly megabitsPerSecond: number
  readonly roundTripMs: number
}

answerQuestions(async ({ port, megabitsPerSecond, roundTripMs }: LineQuestion): Promise<number> => {
  const options = { bytesPerSecond: (megabitsPerSecond * 1e6) / 8, delayMs: roundTripMs / 2 }
  const [up, down] = [new Line(options), new Line(options)]
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    up.join(near, far)
    down.join(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
})
