import { Duplex } from 'node:stream'
import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { Outlet } from './outlet.ts'

/** A socket that takes a packet when the test says so. */
class SlowSocket extends Duplex {
  readonly taken: number[] = []
  readonly errors: unknown[] = []
  #take: () => void = () => {}

  constructor() {
    super({ highWaterMark: 1 })
    this.on('error', (error) => this.errors.push(error))
  }

  setTimeout(): this {
    return this
  }

  override _read(): void {}

  override _write(packet: Uint8Array, _encoding: string, done: () => void): void {
    this.#take = () => {
      this.taken.push(...packet)
      done()
    }
  }

  async takeOne(): Promise<void> {
    this.#take()
    await turns()
  }
}

function outletOf(socket: SlowSocket): Outlet {
  const clock = new ManualClock()
  const net = { heldBytes: async () => undefined }
  return new Outlet(socket, { clock, net, writeTimeoutMs: 1000, onFlushed: () => {}, onTimeout: () => {} })
}

test('answers go out together, before what is written after them', async () => {
  const socket = new SlowSocket()
  const outlet = outletOf(socket)
  outlet.collect(() => {
    for (const byte of [1, 2, 3]) outlet.answer([Uint8Array.of(byte)])
    outlet.write([Uint8Array.of(4)])
  })
  expect(outlet.answerWaits).toBe(true)
  await socket.takeOne()
  expect(socket.taken).toEqual([1, 2, 3])
  expect(outlet.answerWaits).toBe(false)
  await socket.takeOne()
  expect(socket.taken).toEqual([1, 2, 3, 4])
  expect([outlet.bytesSent, outlet.drained]).toEqual([4, true])
})

test('says once that a write is taken, also if the connection ends before', async () => {
  const socket = new SlowSocket()
  const outlet = outletOf(socket)
  let first = 0
  let second = 0
  outlet.write([Uint8Array.of(1)], () => first++)
  await socket.takeOne()
  outlet.write([Uint8Array.of(2)], () => second++)
  expect([first, second]).toEqual([1, 0])
  socket.destroy()
  await turns()
  expect([first, second]).toEqual([1, 1])
})

test('nothing goes out after the end: the connection is ended', async () => {
  const socket = new SlowSocket()
  const outlet = outletOf(socket)
  outlet.end(Uint8Array.of(1))
  let taken = 0
  outlet.write([Uint8Array.of(2)], () => taken++)
  await turns()
  expect([taken, outlet.bytesSent, socket.destroyed]).toEqual([1, 1, true])
  expect(socket.errors).toMatchObject([{ name: 'InternalError', code: 'INVARIANT' }])
})
