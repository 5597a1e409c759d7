import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type BeaconAnswer, jsonAnswer } from './api/answer.ts'
import type { BeaconApi } from './api/beacon-api.ts'

export interface BeaconHandlerOptions {
  /** Notified of what was not the client's fault: a file that is not what it claims, a location that fails. */
  readonly onFault?: ((error: unknown) => void) | undefined
}

/** Answers requests of HTTP for the Beacon API. */
export function beaconHandler(
  api: BeaconApi,
  { onFault = () => undefined }: BeaconHandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    answer(api, request, response, onFault).catch((error: unknown) => {
      // A client that has left is no fault.
      if (response.destroyed && !response.writableFinished && isEarlyEnd(error)) return
      onFault(error)
      if (response.headersSent) response.destroy()
      else void send(jsonAnswer({ code: 500, message: 'the files could not be read' }, 500), request, response)
    })
  }
}

function isEarlyEnd(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE'
}

async function answer(
  api: BeaconApi,
  request: IncomingMessage,
  response: ServerResponse,
  onFault: (error: unknown) => void,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  const answered = await api.answer({ method, url, accept: request.headers.accept })
  if (answered.status >= 500) onFault(new Error(Buffer.from(answered.body as Uint8Array).toString()))
  await send(answered, request, response)
}

async function send(
  { status, headers, body }: BeaconAnswer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { Vary, ...others } = headers
  // The server may have said already that the answer depends on the origin of a page.
  if (Vary !== undefined) response.appendHeader('Vary', Vary)
  response.writeHead(status, others)
  if (request.method === 'HEAD') response.end()
  else if (body instanceof Uint8Array) response.end(body)
  else await pipeline(Readable.from(body), response)
}
