import { TestLog } from '@datastreamer/store/testing'
import { describe, expect, test } from 'vitest'
import { TestServer } from './tcp-client.ts'
import golden from './tcp-transcripts.json' with { type: 'json' }

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

function smallStream(inMemory: boolean): TestLog {
  const log = new TestLog({ inMemory })
  for (const { type, data } of golden.stream) log.add(type, hex(data))
  log.commit()
  return log
}

describe.each([
  ['from memory', true],
  ['from disk', false],
])('answers %s', (_name, inMemory) => {
  test.each(golden.transcripts)('$name', async ({ steps, closed }) => {
    await using server = await TestServer.start(smallStream(inMemory))
    using client = await server.connect()
    for (const { send, receive } of steps) {
      client.sendHex(send)
      expect(await client.readHex(receive.length / 2)).toBe(receive)
    }
    if (closed === null) {
      client.socket.end()
      expect(await client.rest()).toEqual(new Uint8Array())
      expect(await server.whenClosed(1)).toEqual(['CLIENT_ENDED'])
    } else {
      expect(await client.rest()).toEqual(new Uint8Array())
      client.socket.end()
      expect(await server.whenClosed(1)).toEqual([closed])
    }
  })
})

test.each(golden.transcripts)('a byte at a time: $name', async ({ steps }) => {
  await using server = await TestServer.start(smallStream(true))
  using client = await server.connect()
  for (const { send, receive } of steps) {
    for (const byte of hex(send)) {
      client.socket.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.readHex(receive.length / 2)).toBe(receive)
  }
})
