// Runs in a thread of its own: nothing from other packages of the workspace may be imported here.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'

/** What a thread answers: bytes that it has just read, and in the end the hash or what went wrong. */
export type HashReply =
  | { readonly bytes: number }
  | { readonly sha256: string }
  | { readonly failed: { readonly message: string; readonly code: string | undefined } }

const BUFFER_BYTES = 4_194_304

function hashFile(path: string, onBytes: (bytes: number) => void): string {
  const buffer = new Uint8Array(BUFFER_BYTES)
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read))
      onBytes(read)
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

parentPort?.on('message', (path: string) => {
  const reply = (message: HashReply): void => parentPort?.postMessage(message)
  try {
    reply({ sha256: hashFile(path, (bytes) => reply({ bytes })) })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    reply({ failed: { message, code } })
  }
})
