import type { ServerResponse } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSourceError } from '../src/index.ts'
import { httpSource, LocationError } from '../src/location.ts'
import { httpObjects } from '../src/objects.ts'
import { expectBytes } from './support/expect-bytes.ts'
import { FileServer, type Got, someBytes } from './support/file-server.ts'
import { SteppedClock } from './support/stepped-clock.ts'

const NAME = 'mainnet-00000-5ec1ffb8.era1'
const bytes = someBytes(300_000)

/** What a server may do instead of answering. */
type Fault = (got: Got, response: ServerResponse, server: FileServer, random: number) => void

const FAULTS: readonly Fault[] = [
  (_, response, __, random) => void response.writeHead([301, 403, 404, 416, 429, 500, 503][random % 7] ?? 500).end('x'),
  (_, response) => void response.destroy(),
  // Another range than was asked for, with the header that fits what is sent, or the one that would fit the question.
  (got, response, server) => server.serve({ ...got, range: 'bytes=5-60000' }, response),
  (got, response, server, random) => shifted(response, () => server.serve(got, response), random),
  // Everything, or a page.
  (got, response, server) => server.serve({ ...got, range: undefined }, response),
  (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>soon</html>'),
  // Less or more than was announced.
  (got, response, server, random) => truncated(response, () => server.serve(got, response), random),
  (got, response, server) => withHeader(response, 'content-length', undefined, () => server.serve(got, response)),
  (got, response, server) => withHeader(response, 'content-encoding', 'br', () => server.serve(got, response)),
  (got, response, server) => withHeader(response, 'etag', '"2"', () => server.serve(got, response)),
  (got, response, server) => withHeader(response, 'content-range', 'bytes */300000', () => server.serve(got, response)),
  (got, response, server) => withHeader(response, 'content-range', undefined, () => server.serve(got, response)),
]

function withHeader(response: ServerResponse, name: string, value: string | undefined, serve: () => void): void {
  const { writeHead } = response
  response.writeHead = ((status: number) => {
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, value)
    return writeHead.call(response, status)
  }) as typeof writeHead
  serve()
}

function shifted(response: ServerResponse, serve: () => void, random: number): void {
  const { end } = response
  response.end = ((part: Uint8Array | undefined) => {
    if (part === undefined) return end.call(response, 'x', 'utf8')
    const moved = Buffer.concat([part.subarray(1 + (random % 100)), part.subarray(0, 1 + (random % 100))])
    return end.call(response, moved, 'binary')
  }) as typeof end
  withHeader(response, 'content-range', `bytes ${random % 1000}-${(random % 1000) + 9}/300000`, serve)
}

function truncated(response: ServerResponse, serve: () => void, random: number): void {
  response.end = ((part: Uint8Array = new Uint8Array(1)) => {
    response.write(part.subarray(0, random % part.length), () => response.destroy())
    return response
  }) as typeof response.end
  serve()
}

const faults = fc.array(fc.record({ kind: fc.nat(2 * FAULTS.length), random: fc.nat() }), { maxLength: 12 })

/** Let a server do these in turn, where they are any, and then what it should. */
function plan(server: FileServer, planned: readonly { readonly kind: number; readonly random: number }[]): void {
  const queue = [...planned]
  server.answers = (got, response) => {
    const next = queue.shift()
    const fault = next && FAULTS[next.kind]
    if (fault === undefined) return false
    fault(got, response, server, next?.random ?? 0)
    return undefined
  }
}

test('whatever a server answers, what is read is right, or an error says what was wrong', async () => {
  await using server = await FileServer.start({ [NAME]: bytes })
  const reads = fc.array(fc.record({ at: fc.nat(bytes.length - 1), length: fc.nat(60_000) }), {
    minLength: 1,
    maxLength: 5,
  })
  const ends = fc.constantFrom('start', 'end', 'both')
  let right = 0
  let wrong = 0
  await fc.assert(
    fc.asyncProperty(reads, faults, ends, async (wanted, planned, first) => {
      plan(server, planned)
      try {
        const options = { clock: new SteppedClock(), retries: 2, tailBytes: 20_000, cacheBytes: 200_000, ends: first }
        await using file = await httpSource(`${server.url}${NAME}`, options)
        for (const { at, length } of wanted) {
          const end = Math.min(bytes.length, at + length)
          expectBytes(await file.read(at, end - at), bytes.subarray(at, end))
          right++
        }
      } catch (error) {
        if (!(error instanceof LocationError || error instanceof ByteSourceError)) throw error
        wrong++
      }
    }),
    { numRuns: 150 },
  )
  expect([right > 50, wrong > 25]).toEqual([true, true])
})

test('whatever a server answers, a range of an object is right, or an error says what was wrong', async () => {
  await using server = await FileServer.start({ [NAME]: bytes })
  // Longer than what is shifted: of a shorter range, a wrong one may look right.
  const reads = fc.record({ at: fc.nat(bytes.length - 101), length: fc.integer({ min: 100, max: 200_000 }) })
  const outcomes = { right: 0, absent: 0, wrong: 0 }
  await fc.assert(
    fc.asyncProperty(reads, faults, fc.boolean(), async ({ at, length }, planned, isSizeKnown) => {
      plan(server, planned)
      const to = Math.min(bytes.length, at + length)
      const objects = httpObjects(server.url, { clock: new SteppedClock(), retries: 2, wholeBytes: 250_000 })
      try {
        const found = await objects.getRange(NAME, at, to, isSizeKnown ? { size: bytes.length } : {})
        if (found !== undefined) expectBytes(found, bytes.subarray(at, to))
        outcomes[found === undefined ? 'absent' : 'right']++
      } catch (error) {
        if (!(error instanceof LocationError)) throw error
        outcomes.wrong++
      }
    }),
    { numRuns: 200 },
  )
  expect([outcomes.right > 50, outcomes.wrong > 25]).toEqual([true, true])
})
