import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { StreamClient } from '@datastreamer/client'
import type { StartServer } from './peer-server.ts'

const MAIN = fileURLToPath(import.meta.resolve('@datastreamer/server-app/main'))

/** `datastreamer-server`, as it is shipped: durable, `--fsync commit`; else `--fsync never`. */
export const startDatastreamer: StartServer = async (folder, isDurable) => {
  const options = { file: join(folder, 'data-stream.bin'), fsync: isDurable ? 'commit' : 'never', 'log-level': 'error' }
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  // If this process is killed, the pipe to the server is closed, and the server ends by that.
  const args = [MAIN, ...flags, '--port', '0', '--source-port', '0', '--end-with-stdin']
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  const [readPort, port] = ['stream', 'source'].map((name) =>
    Number(new RegExp(`\\b${name}=\\S*:(\\d+)`).exec(String(line))?.[1]),
  )
  if (!readPort || !port) throw new Error(`datastreamer-server did not start: ${line}`)
  const client = new StreamClient({ host: '127.0.0.1', port: readPort })
  const records = async (): Promise<number> => Number((await client.getHeader()).totalEntries)
  return {
    pid: child.pid ?? 0,
    port,
    readPort,
    records,
    last: async () => String((await records()) - 1),
    async [Symbol.asyncDispose]() {
      await client.close()
      child.kill('SIGKILL')
      await ended
    },
  }
}
