import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Silence } from './silence.ts'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

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
  await using server = createServer((socket) => socket.on('data', () => silence.heard())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const socket = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' })
  await once(socket, 'connect')
  await sleep(20)
  silence.limit(60)
  socket.write('x')
  const end = performance.now() + 150
  while (performance.now() < end);
  await sleep(30)
  expect(reports).toBe(0)
  silence.stop()
  socket.destroy()
})
