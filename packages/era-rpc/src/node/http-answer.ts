import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Answer } from '../dispatch/rpc.ts'
import type { JsonPart } from '../protocol/json-text.ts'
import type { Held } from './held-bytes.ts'

/** Of an answer that comes in parts, what is collected before its head is sent. */
const FIRST_BYTES = 65_536

const HEADERS = { 'content-type': 'application/json' }

interface Sending {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  /** Holds the answer until it is taken. */
  readonly held: Held
}

/** Send an answer, as fast as the client takes it. */
export async function sendAnswer(response: ServerResponse, answer: Answer, sending: Sending): Promise<void> {
  if (typeof answer === 'string') {
    sendWhole(response, answer)
    return
  }
  let first = ''
  let isFirst = true
  for await (const part of answer) {
    if (isFirst && typeof part === 'string' && first.length + part.length < FIRST_BYTES) {
      first += part
      continue
    }
    if (isFirst) {
      response.writeHead(200, HEADERS)
      isFirst = false
      await write(response, first, sending)
    }
    await write(response, part, sending)
  }
  if (isFirst) sendWhole(response, first)
  else response.end()
}

function sendWhole(response: ServerResponse, text: string): void {
  response.writeHead(200, { ...HEADERS, 'content-length': text.length })
  response.end(text, 'latin1')
}

async function write(response: ServerResponse, part: JsonPart, { signal, held }: Sending): Promise<void> {
  signal.throwIfAborted()
  if (part.length === 0) return
  const isTaken = typeof part === 'string' ? response.write(part, 'latin1') : response.write(part)
  if (!isTaken) await once(response, 'drain', { signal })
  held.add(-part.length)
}
