import { Duplex } from 'node:stream'
import { FormatError } from '@datastreamer/format'
import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { expect, test } from 'vitest'
import { Inlet, type InputReader } from './inlet.ts'

class FakeSocket extends Duplex {
  override _read(): void {}

  setTimeout(): this {
    return this
  }
}

/** Messages of two bytes; 0 is no message. */
class PairReader implements InputReader<number> {
  #bytes: number[] = []

  get buffered(): number {
    return this.#bytes.length
  }

  push(chunk: Uint8Array): void {
    this.#bytes.push(...chunk)
  }

  read(): number | undefined {
    const [first, second] = this.#bytes
    if (first === 0) throw new FormatError('BAD_LENGTH', 'zero', 0)
    if (first === undefined || second === undefined) return undefined
    this.#bytes = this.#bytes.slice(2)
    return first * 10 + second
  }
}

function opened() {
  const socket = new FakeSocket()
  const clock = new ManualClock()
  const calls: string[] = []
  const inlet = new Inlet(socket, {
    clock,
    reader: new PairReader(),
    onInput: () => calls.push('input'),
    messageTimeoutMs: 100,
    onTimeout: () => calls.push('timeout'),
  })
  const send = async (...bytes: number[]): Promise<void> => {
    socket.push(Uint8Array.from(bytes))
    await turns()
  }
  return { socket, clock, calls, inlet, send }
}

test('reads no more until it listens again', async () => {
  const { inlet, send, calls } = opened()
  await send(1, 2, 3)
  await send(4)
  expect([calls, inlet.isListening]).toEqual([['input'], false])
  expect(inlet.peek()).toEqual({ t: 'message', message: 12 })
  expect(inlet.peek()).toEqual({ t: 'message', message: 12 })
  expect(inlet.hasBacklog).toBe(true)
  inlet.take()
  expect(inlet.peek()).toBeUndefined()
  inlet.listen()
  await turns()
  expect(calls).toEqual(['input', 'input'])
  expect(inlet.peek()).toEqual({ t: 'message', message: 34 })
})

test('a message that has begun has its time while it is waited for', async () => {
  const { inlet, send, calls, clock } = opened()
  await send(1)
  expect(inlet.peek()).toBeUndefined()
  inlet.listen()
  clock.advance(99)
  inlet.pause()
  clock.advance(100)
  inlet.listen()
  clock.advance(99)
  expect(calls).toEqual(['input'])
  clock.advance(1)
  expect(calls).toEqual(['input', 'timeout'])
})

test('a message that came in time is not late, however long it is not taken', async () => {
  const { inlet, send, calls, clock } = opened()
  await send(1)
  expect(inlet.peek()).toBeUndefined()
  inlet.listen()
  await send(2)
  clock.advance(1000)
  expect(calls).toEqual(['input', 'input'])
  expect(inlet.peek()).toEqual({ t: 'message', message: 12 })
})

test('what comes after a fault is the fault; the end comes after all messages', async () => {
  const { inlet, send, socket } = opened()
  await send(1, 2)
  socket.push(null)
  await turns()
  expect(inlet.peek()).toMatchObject({ t: 'message' })
  inlet.take()
  inlet.listen()
  await turns()
  expect(inlet.peek()).toEqual({ t: 'end' })
  const other = opened()
  await other.send(0, 5)
  for (let i = 0; i < 2; i++) expect(other.inlet.peek()).toMatchObject({ t: 'fault', error: { code: 'BAD_LENGTH' } })
})

test('does not listen while a message waits, nor after it was closed', async () => {
  const { inlet, send, calls } = opened()
  await send(1, 2)
  inlet.peek()
  expect(() => inlet.listen()).toThrow(expect.objectContaining({ code: 'INVARIANT' }))
  inlet.close()
  inlet.listen()
  await send(3, 4)
  expect([calls, inlet.isListening, inlet.isClosed]).toEqual([['input'], false, true])
})
