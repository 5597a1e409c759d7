import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@datastreamer/fixtures'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { STREAM } from '../form.ts'
import type { StartServer } from './peer-server.ts'
import { findProgram, ServerProgram } from './program.ts'

const run = promisify(execFile)
/** Of versions that can sync before they acknowledge. */
const SYNC_ALWAYS = 'sync_interval: always'

/** NATS with one JetStream stream in a file, and what it keeps for a reader bounded only by the memory of the machine. */
export const startJetStream: StartServer = async (folder, isDurable) => {
  const port = await freePort()
  const config = writeConfig(folder, port, isDurable ? SYNC_ALWAYS : '')
  const program = await ServerProgram.start(path(), ['-c', config, '-l', join(folder, 'log')], port)
  const connection = await connect({ port })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: STREAM, subjects: [STREAM], storage: 'file', num_replicas: 1 })
  const state = async () => (await manager.streams.info(STREAM)).state
  return {
    pid: program.pid,
    port,
    readPort: port,
    records: async () => (await state()).messages,
    last: async () => String((await state()).last_seq),
    async [Symbol.asyncDispose]() {
      await connection.close()
      await program[Symbol.asyncDispose]()
    },
  }
}

/** Whether the version that is installed can sync messages before it acknowledges them; 2.9 cannot. */
export async function canJetStreamSync(folder: string): Promise<boolean> {
  try {
    await run(path(), ['-c', writeConfig(folder, 0, SYNC_ALWAYS), '-t'])
    return true
  } catch {
    return false
  }
}

function path(): string {
  return findProgram('nats-server', 'nats-server')
}

function writeConfig(folder: string, port: number, more: string): string {
  const config = join(folder, 'nats.conf')
  // Pings are not answered by readers and writers that are made for one measurement. A reader that is slower than the
  // server, and has no flow control, would be dropped at 64 MiB.
  const options = [`listen: "127.0.0.1:${port}"`, 'ping_interval: "10m"', 'max_pending: 1GB']
  const text = [...options, `jetstream { store_dir: "${folder}"`, more, '}', ''].join('\n')
  writeFileSync(config, text)
  return config
}
