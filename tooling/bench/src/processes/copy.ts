/** Copies bytes from a file into each socket that says something, and looks at none of them; answers with the port. */
import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { answerQuestions } from '../harness/process.ts'

const CHUNK_BYTES = 1024 * 1024

export interface CopyQuestion {
  readonly file: string
  /** First byte to copy. */
  readonly from: number
  /** Byte to stop before. */
  readonly to: number
}

answerQuestions(async (question: CopyQuestion): Promise<number> => {
  const file = await open(question.file)
  const server = createServer((socket) => {
    socket.once('data', () => void copy(file, socket, question))
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
})

/** The next chunk is read while one is written. */
async function copy(file: FileHandle, socket: Socket, { from, to }: CopyQuestion): Promise<void> {
  const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)] as const
  const read = (chunk: number) => {
    const at = from + chunk * CHUNK_BYTES
    return file.read(buffers[chunk % 2 === 0 ? 0 : 1], 0, Math.max(0, Math.min(CHUNK_BYTES, to - at)), at)
  }
  let next = read(0)
  for (let chunk = 1; ; chunk++) {
    const { buffer, bytesRead } = await next
    if (bytesRead === 0) break
    next = read(chunk)
    await new Promise((resolve) => socket.write(buffer.subarray(0, bytesRead), resolve))
  }
  socket.end()
}
