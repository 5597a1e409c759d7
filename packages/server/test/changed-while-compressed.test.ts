import { encodeResult } from '@datastreamer/format'
import { concat, TestLog } from '@datastreamer/store/testing'
import { expect, test, vi } from 'vitest'
import { TestServer } from './tcp-client.ts'
import { receive } from './unpack.ts'

/** What happens while the first run is being compressed. */
const during = vi.hoisted(() => ({ first: async (): Promise<void> => {} }))

vi.mock(import('../src/tcp/zstd.ts'), async (original) => {
  const { zstdFrame } = await original()
  return {
    zstdFrame: async (bytes) => {
      const frame = await zstdFrame(bytes)
      const { first } = during
      during.first = async () => {}
      await first()
      return frame
    },
  }
})

const OK = encodeResult(0)

test.each([
  ['is updated in place', false],
  ['is truncated and rewritten', true],
])('an entry that %s while it is being compressed is sent as it is then', async (_name, isRewritten) => {
  const log = new TestLog({ inMemory: false })
  const sent = Array.from({ length: 300 }, (_, i) => log.add(2, new Uint8Array(1000).fill(i)))
  log.commit()
  let changed = 0
  during.first = async () => {
    changed++
    const { position } = await log.log.locate(50)
    if (isRewritten) {
      await log.truncate(50)
      for (let i = 50; i < 300; i++) sent[i] = log.add(2, new Uint8Array(1000).fill(i + 7))
      log.commit()
    } else {
      const entry = sent[50]?.slice().fill(99, 17) ?? new Uint8Array()
      await log.log.change(async () => log.file.put(entry, position))
      sent[50] = entry
    }
  }
  await using server = await TestServer.start(log)
  using client = await server.connect()
  client.send({ name: 'compression' })
  client.send({ name: 'start', fromEntryNumber: 0n })
  await client.read(2 * OK.length)
  const { plain } = await receive(client, concat(sent).length)
  expect(changed).toBe(1)
  expect(Buffer.compare(plain, concat(sent))).toBe(0)
})
