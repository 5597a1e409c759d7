/**
 * Passes connections on to a server as if it were far away: each byte takes half of the round trip each way, and what is
 * sent first a whole one more, for the connection to be made. Answers with its port.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { answerQuestions } from '../harness/process.ts'

export interface DelayQuestion {
  /** Where to. */
  readonly port: number
  readonly roundTripMs: number
}

answerQuestions(async ({ port, roundTripMs }: DelayQuestion): Promise<number> => {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    const opened = performance.now() + roundTripMs
    pass(client, upstream, () => Math.max(performance.now(), opened) + roundTripMs / 2)
    pass(upstream, client, () => performance.now() + roundTripMs / 2)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
})

/** Pass on what one socket receives, at the time that `when` says. */
function pass(from: Socket, to: Socket, when: () => number): void {
  const waiting: (() => void)[] = []
  // Timers of about the same time may come in another order: whichever comes passes on what came first.
  const after = (work: () => void): void => {
    waiting.push(work)
    setTimeout(() => waiting.shift()?.(), Math.max(0, when() - performance.now()))
  }
  from.on('data', (data) => after(() => to.write(data)))
  from.on('end', () => after(() => to.end()))
  from.on('error', () => to.destroy())
}
