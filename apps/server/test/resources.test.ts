import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from '@datastreamer/client'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { MAIN, TestServer } from './server.ts'

const LINUX = process.platform === 'linux'

// Elsewhere than on Linux the limit cannot be read.
test.skipIf(!LINUX)(
  'clients that find no descriptor are foretold, counted and logged, and the rest goes on',
  async () => {
    using dir = tempDir()
    const args = ['--port', '0', '--admin-port', '0', '--file', dir.join('s.bin'), '--max-connections', '1000']
    await using server = new TestServer(MAIN, args, { maxDescriptors: 256 })
    const port = await server.port()
    expect(server.stderr).toContain('ulimit -n is 256, which has room for 192 clients, not for --max-connections 1000')
    const clients = Array.from({ length: 300 }, () => connectTcp({ port, host: '127.0.0.1' }).on('error', () => {}))
    const closed = clients.map((socket) => once(socket.resume(), 'close'))
    const metric = async (name: string): Promise<number> => {
      const text = await (await server.admin('/metrics')).text()
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      )
    }
    const rejected = (): Promise<number> => metric('datastreamer_connections_rejected_total{reason="DESCRIPTORS"}')
    const accepted = (): Promise<number> => metric('datastreamer_connections_accepted_total')
    // Nobody is lost without a trace.
    await expect.poll(async () => (await rejected()) + (await accepted())).toBe(300)
    expect(await rejected()).toBeGreaterThan(100)
    expect(server.stderr).toMatch(/127\.0\.0\.1 was rejected: DESCRIPTORS, raise ulimit -n/)
    expect((await server.admin('/readyz')).status).toBe(200)
    for (const socket of clients) socket.destroy()
    await Promise.all(closed)
    await expect.poll(() => metric('datastreamer_connections{state="stopped"}')).toBe(0)
    await using client = await connect({ host: '127.0.0.1', port })
    expect((await client.getHeader()).totalEntries).toBe(0n)
  },
)

test('where there are enough descriptors nothing is said of them', async () => {
  using dir = tempDir()
  await using server = TestServer.start(['--file', dir.join('s.bin'), '--max-connections', '10'])
  await server.port()
  expect(server.stderr).not.toContain('ulimit')
})
