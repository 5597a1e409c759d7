import { freePort } from '@datastreamer/fixtures'
import { Redis } from 'ioredis'
import { STREAM } from '../form.ts'
import type { StartServer } from './peer-server.ts'
import { findProgram, ServerProgram } from './program.ts'

/**
 * Redis that appends each command to a file, as our server does each operation: durable, `appendfsync always`; else
 * `appendfsync no`. Nothing else is written: no snapshots, and the file is never rewritten.
 */
export const startRedis: StartServer = async (folder, isDurable) => {
  const port = await freePort()
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    appendfsync: isDurable ? 'always' : 'no',
    'auto-aof-rewrite-percentage': 0,
    loglevel: 'warning',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const program = await ServerProgram.start(findProgram('redis-server', 'redis-server'), args, port)
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null })
  return {
    pid: program.pid,
    port,
    readPort: port,
    records: () => client.xlen(STREAM),
    last: async () => {
      const [last] = await client.xrevrange(STREAM, '+', '-', 'COUNT', 1)
      return last?.[0] ?? '0-0'
    },
    async [Symbol.asyncDispose]() {
      client.disconnect()
      await program[Symbol.asyncDispose]()
    },
  }
}
