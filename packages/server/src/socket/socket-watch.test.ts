import { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { SocketWatch } from './socket-watch.ts'

/** Longer than any test: timeouts come when a test says so. */
const LONG_MS = 1_000_000

function watched() {
  const socket = new Socket()
  const timeouts: string[] = []
  const clock = new ManualClock()
  // A system that does not tell.
  const net = { heldBytes: async () => undefined }
  const watch = new SocketWatch(socket, { clock, net }, (expected) => timeouts.push(expected))
  watch.expect('writes', LONG_MS)
  const pass = async (parts: number): Promise<void> => {
    for (let i = 0; i < parts; i++) {
      clock.advance(LONG_MS / 4)
      socket.emit('timeout')
      await turn()
    }
  }
  return { socket, watch, timeouts, pass }
}

test('a client that takes nothing of what waits times out after the four parts of its time', async () => {
  const { socket, timeouts, pass } = watched()
  await pass(3)
  expect(timeouts).toEqual([])
  await pass(1)
  expect(timeouts).toEqual(['writes'])
  socket.destroy()
})

test('one that took some of what waits has all of its time again', async () => {
  const { socket, watch, timeouts, pass } = watched()
  for (let i = 0; i < 5; i++) {
    await pass(3)
    watch.progressed()
  }
  expect(timeouts).toEqual([])
  await pass(4)
  expect(timeouts).toEqual(['writes'])
  socket.destroy()
})
