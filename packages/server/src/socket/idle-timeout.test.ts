import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Silence } from './idle-timeout.ts'

test('reports once nothing was heard for so long', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let reports = 0
  const silence = new Silence(() => reports++)
  silence.limit(100)
  for (let i = 0; i < 5; i++) {
    await vi.advanceTimersByTimeAsync(99)
    silence.heard()
  }
  expect(reports).toBe(0)
  await vi.advanceTimersByTimeAsync(99)
  expect(reports).toBe(0)
  await vi.advanceTimersByTimeAsync(2)
  expect(reports).toBe(1)
  silence.limit(10)
  silence.stop()
  silence.limit(0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(reports).toBe(1)
})

test('hears what came while the process was busy', async () => {
  let reports = 0
  const silence = new Silence(() => reports++)
  let accept = (_: Socket): void => {}
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve
  })
  await using server = createServer((socket) => accept(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' })
  const peer = await accepted
  const heard = once(peer, 'data').then(() => {
    silence.heard()
    // As long as it takes to look: nothing more is to come.
    silence.stop()
  })
  await once(socket, 'connect')
  silence.limit(20)
  socket.write('x')
  const end = performance.now() + 100
  while (performance.now() < end);
  await heard
  expect(reports).toBe(0)
  socket.destroy()
  peer.destroy()
})
