import type { IncomingMessage } from 'node:http'
import type { Held } from './held-bytes.ts'

/** The body of a request as text; `undefined` if it has more than `maxBytes`. @throws if the client leaves */
export async function readBody(request: IncomingMessage, maxBytes: number, held: Held): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) {
        if (chunks.length > 0) held.add(chunk.length - bytes)
        chunks.length = 0
        resolve(undefined)
        return
      }
      chunks.push(chunk)
      held.add(chunk.length)
    })
    request.once('end', () => resolve(textOf(chunks)))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client has left')))
  })
}

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first.toString()
  return Buffer.concat(chunks).toString()
}
