import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { Descriptors, descriptorLimit, roomForClients } from './descriptors.ts'

test.skipIf(process.platform !== 'linux')('the limit of this process', () => {
  expect(descriptorLimit()).toBeGreaterThan(100)
})

test.each([
  [1024, 896],
  [65_536, 65_408],
  [128, 96],
])('with %i there is room for %i clients', (limit, room) => {
  expect(roomForClients(limit)).toBe(room)
})

test.skipIf(process.platform !== 'linux')(
  'a socket with one of the last descriptors tells that they run out',
  async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [socket] = (await once(server, 'connection')) as [Socket]
    expect(new Descriptors(4).areShort(socket)).toBe(true)
    expect(new Descriptors(1_000_000).areShort(socket)).toBe(false)
    expect(new Descriptors(undefined).areShort(socket)).toBe(false)
    client.destroy()
    server.close()
  },
)
