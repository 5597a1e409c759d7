import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpHandler } from './http-handler.ts'

/** Requests that a client may send before the first is answered. */
const MAX_WAITING = 64

/** Has the requests that a client sends one after another on a connection answered one after another. */
export function inTurn(handler: HttpHandler): HttpHandler {
  const waiting = new WeakMap<Socket, (() => void)[]>()
  return (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const others = waiting.get(socket)
    response.once('close', () => {
      const next = waiting.get(socket)?.shift()
      if (next === undefined) waiting.delete(socket)
      else next()
    })
    if (others === undefined) {
      waiting.set(socket, [])
      handler(request, response)
    } else if (others.length < MAX_WAITING) others.push(() => handler(request, response))
    else socket.destroy()
  }
}
