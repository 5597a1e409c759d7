import { resolve } from 'node:path'
import { type ProcessOptions, SourceProcess } from '@datastreamer/fixtures'

export const MAIN: string = resolve(import.meta.dirname, '../src/main.ts')

/** `datastreamer-server` that runs, and where it listens. */
export class TestServer extends SourceProcess {
  static start(args: readonly string[], options: ProcessOptions = {}): TestServer {
    return new TestServer(MAIN, ['--port', '0', '--log-level', 'info', ...args], options)
  }

  /** Port of a listener; waits until the server is ready. */
  async port(of: 'stream' | 'admin' | 'source' = 'stream'): Promise<number> {
    const [, port] = new RegExp(`\\b${of}=127\\.0\\.0\\.1:(\\d+)`).exec(await this.firstLine()) ?? []
    if (port === undefined) throw new Error(`no ${of} in ${await this.firstLine()}`)
    return Number(port)
  }

  async admin(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${await this.port('admin')}${path}`)
  }
}
