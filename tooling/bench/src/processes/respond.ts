/** The simplest server of `node:http`: reads what is posted and answers with a JSON of a given size; answers with its port. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../harness/process.ts'

export interface RespondQuestion {
  /** Bytes of each answer from now on. */
  readonly bytes: number
}

let json = '""'
const server = createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length })
    response.end(json, 'latin1')
  })
})
server.listen(0, '127.0.0.1')

answerQuestions(async ({ bytes }: RespondQuestion): Promise<number> => {
  if (!server.listening) await once(server, 'listening')
  json = `"${'0'.repeat(Math.max(0, bytes - 2))}"`
  return (server.address() as AddressInfo).port
})
