import { encodeResult } from '@datastreamer/format'
import { ManualClock } from '@datastreamer/runtime/testing'
import { TestLog } from '@datastreamer/store/testing'
import { expect, test } from 'vitest'
import { TestServer } from './tcp-client.ts'

const OK = encodeResult(0)

/** Time passes whenever somebody looks at it, and no timer ever fires: who is throttled waits for ever. */
class BusyClock extends ManualClock {
  #ms = 0

  override now(): number {
    this.#ms += 0.4
    return this.#ms
  }
}

test.each([
  ['as it is', false, 'entry 99'],
  ['with operation boundaries', true, 'end 100'],
])(
  'a reader at the head gets an operation of many chunks, %s, while those who ask are throttled',
  async (_name, boundaries, last) => {
    const log = new TestLog()
    await using server = await TestServer.start(log, { clock: new BusyClock() })
    using reader = await server.connect()
    if (boundaries) {
      reader.send({ name: 'operationBoundaries' })
      expect(await reader.read(OK.length)).toEqual(OK)
    }
    reader.send({ name: 'start', fromEntryNumber: 0n })
    expect(await reader.read(OK.length)).toEqual(OK)
    log.addMany(100, 10_000)
    log.commit()
    const packets = await reader.packetsUntil(last)
    expect(packets.filter((packet) => packet.startsWith('entry'))).toHaveLength(100)
  },
)

test('a reader that starts among the newest entries does not wait for the disk', async () => {
  const log = new TestLog()
  const entries = [...Array(50).keys()].map((i) => log.add(2, Uint8Array.of(i)))
  log.commit()
  log.log.locate = () => new Promise(() => {})
  await using server = await TestServer.start(log)
  using reader = await server.connect()
  reader.send({ name: 'start', fromEntryNumber: 40n })
  expect(await reader.read(OK.length)).toEqual(OK)
  const rest = Buffer.concat(entries.slice(40))
  expect(Buffer.from(await reader.read(rest.length))).toEqual(rest)
})
