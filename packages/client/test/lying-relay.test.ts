import { tempDir } from '@datastreamer/fixtures'
import { oneOf, randomFrom } from '@datastreamer/fixtures/random'
import { type Entry, sameEntry } from '@datastreamer/format'
import { afterAll, describe, expect, test } from 'vitest'
import { ProtocolError, StreamClient, UnsignedStreamError } from '../src/index.ts'
import { LIES, LyingRelay } from './support/lying-relay.ts'
import { failure, near } from './support/options.ts'
import { publicText, SignedServer } from './support/signed-server.ts'

const SEEDS = [1, 2, 3, 4, 5, 6].map((seed) => seed + Number(process.env.TEST_SEED ?? 0))

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

test.each(SEEDS)(
  'whatever a relay lies about, what is delivered is the beginning of the stream (seed %i)',
  async (seed) => {
    const random = randomFrom(seed)
    await using server = await SignedServer.start(folder.join(`lies-${seed}.bin`), { intervalMs: 5 })
    await server.commit(2500, { bytes: 1000, each: 40 })
    await server.granted()
    // Half of the connections are honest, so that all comes in the end.
    const lieOf = (): (typeof LIES)[number] => (random(2) === 0 ? 'honest' : oneOf(LIES, random))
    await using relay = await LyingRelay.start(server.port, random, lieOf)
    await using client = new StreamClient(near(relay, { publicKey: await publicText(1) }))
    const ended = new AbortController()
    const committing = (async () => {
      while (!ended.signal.aborted) {
        await server.commit(1 + random(3))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    })()
    let last: Entry | undefined
    const errors: unknown[] = []
    while ((last?.number ?? 0n) < 2700n) {
      const from = last === undefined ? 0n : { after: last }
      try {
        for await (const entry of client.entries({ from })) {
          expect(entry.number).toBe((last?.number ?? -1n) + 1n)
          const own = await server.store.getEntry(entry.number)
          expect(own !== undefined && sameEntry(own, entry)).toBe(true)
          last = { ...entry, data: entry.data.slice() }
          if (entry.number >= 2700n) break
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        errors.push(error)
      }
    }
    ended.abort()
    await committing
    expect(relay.said.length).toBeGreaterThan(0)
  },
)

describe('each lie is found out', () => {
  test.each([
    ['flip', 'CHANGED'],
    ['drop', 'GAP'],
    ['swap', 'GAP'],
    ['insert', 'GAP'],
    ['renumber', 'GAP'],
    ['truncate', 'CHANGED'],
    ['repeat', 'GAP'],
    ['oldSignature', 'BAD_SIGNATURE'],
    ['shift', 'CHANGED'],
    ['unsign', 'UNEXPECTED_PACKET'],
    ['strip', 'NOT_SIGNED'],
  ] as const)('%s: %s', async (lie, code) => {
    await using server = await SignedServer.start(folder.join(`${lie}.bin`))
    await server.commit(3000, { bytes: 1000, each: 50 })
    await server.granted()
    await using relay = await LyingRelay.start(server.port, randomFrom(7), () => lie)
    await using client = new StreamClient(near(relay, { publicKey: await publicText(1) }))
    let count = 0
    const error = await failure(
      (async () => {
        for await (const _entry of client.entries()) count++
      })(),
    )
    expect(error).toMatchObject({ code })
    expect(error instanceof UnsignedStreamError).toBe(!['GAP', 'UNEXPECTED_PACKET'].includes(code))
    expect(count).toBeLessThan(3000)
  })
})
