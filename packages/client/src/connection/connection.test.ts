import { createServer, connect as dialSocket, type Socket } from 'node:net'
import { type Clock, systemClock } from '@datastreamer/runtime'
import { ManualClock } from '@datastreamer/runtime/testing'
import { afterEach, expect, test } from 'vitest'
import { Connection } from './connection.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

async function pair(
  clock: Clock = systemClock,
  readAheadBytes = 100_000,
): Promise<{ connection: Connection; socket: Socket; peer: Socket }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const socket = dialSocket(address.port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const peer = await accepted
  peer.on('error', () => undefined)
  cleanUps.push(() => {
    socket.destroy()
    peer.destroy()
    server.close()
  })
  return {
    connection: new Connection(socket, { peer: 'peer', overTls: false, readAheadBytes, clock }),
    socket,
    peer,
  }
}

async function bytesOf(connection: Connection): Promise<number> {
  await connection.wait(60_000)
  return connection.take()?.length ?? 0
}

test('a consumer that takes nothing stops the sender: what is read stays under the bound', async () => {
  const { connection, socket, peer } = await pair()
  const total = 32 * 1024 * 1024
  peer.end(new Uint8Array(total))
  await expect.poll(() => socket.isPaused()).toBe(true)
  // One that went on reading would, whenever the event loop finds that more is there.
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(socket.bytesRead).toBeLessThan(100_000 + 65_536 + 131_072)
  let taken = 0
  while (taken < total) taken += await bytesOf(connection)
  expect(taken).toBe(total)
})

test('single bytes count as what they cost', async () => {
  const { socket, peer } = await pair(systemClock, 10_240)
  peer.setNoDelay(true)
  for (let i = 0; i < 2000 && !socket.isPaused(); i++) {
    peer.write(Uint8Array.of(1))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(socket.isPaused()).toBe(true)
  expect(socket.bytesRead).toBeLessThan(1000)
})

test('what came before the end can be taken, then the end is thrown', async () => {
  const { connection, socket, peer } = await pair()
  peer.end(Uint8Array.of(1, 2, 3))
  await new Promise((resolve) => socket.once('close', resolve))
  expect(connection.take()).toHaveLength(3)
  expect(() => connection.take()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})

test('a reset wakes the one who waits', async () => {
  const { connection, peer } = await pair()
  const waiting = connection.wait()
  peer.resetAndDestroy()
  await waiting
  expect(() => connection.take()).toThrow(expect.objectContaining({ code: 'RESET' }))
})

test('a failure throws away what was received', async () => {
  const { connection, peer } = await pair()
  peer.write(Uint8Array.of(1))
  await connection.wait()
  const controller = new AbortController()
  connection.failOn(controller.signal)
  controller.abort('reason')
  await connection.wait()
  expect(() => connection.take()).toThrow('reason')
})

test('a signal that no longer matters ends nothing', async () => {
  const { connection } = await pair()
  const controller = new AbortController()
  connection.failOn(controller.signal)()
  controller.abort()
  expect(connection.ended).toBe(false)
})

test('a wait has its time', async () => {
  const { connection, peer } = await pair()
  await expect(connection.wait(20)).rejects.toMatchObject({ code: 'TIMEOUT' })
  await expect(connection.wait(0, 'nothing')).rejects.toThrow(/: nothing$/)
  peer.write(Uint8Array.of(1))
  expect(await bytesOf(connection)).toBe(1)
})

test('finishing says the last bytes and does not wait for ever for a peer that goes on sending', async () => {
  const clock = new ManualClock()
  const { connection, peer } = await pair(clock)
  peer.on('data', () => undefined)
  const said = new Promise<Uint8Array>((resolve) => peer.once('data', resolve))
  peer.write(new Uint8Array(16 * 1024 * 1024))
  await connection.wait()
  const finished = connection.finish(Uint8Array.of(7))
  clock.advance(250)
  await finished
  expect(await said).toEqual(Buffer.of(7))
  expect(() => connection.take()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})
