import { createHash } from 'node:crypto'
import { encodeEntry } from '@datastreamer/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { portableSha256 } from '../sha256.ts'
import { DigestChain } from './digest-chain.ts'
import { decodeHeader, encodeHeader, type SegmentHeader } from './header.ts'
import { parseSegmentName, segmentNameOf } from './segment-name.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const DIGEST = '11'.repeat(32)
const HEADER: SegmentHeader = {
  layout: 1,
  identity: { generation: 3, version: 2, systemId: 1101n, streamType: 1n },
  encoding: 'protobuf',
  start: { number: 7n, position: 4711, digest: bytes(DIGEST) },
}
const HEADER_HEX = `01 03 02 04 00000000 4d04000000000000 0100000000000000 0700000000000000 6712000000000000 ${DIGEST}`

test('golden: the header, byte by byte', () => {
  expect(encodeHeader(HEADER)).toEqual(bytes(HEADER_HEX))
  expect(decodeHeader(bytes(HEADER_HEX), 8)).toEqual(HEADER)
  const ofLayout2 = bytes(HEADER_HEX)
  ofLayout2[0] = 2
  expect(encodeHeader({ ...HEADER, layout: 2 })).toEqual(ofLayout2)
  expect(decodeHeader(ofLayout2, 8)).toEqual({ ...HEADER, layout: 2 })
})

test.each([
  ['another layout', 0, 3],
  ['no generation', 1, 0],
  ['generation 4', 1, 4],
  ['an unknown encoding', 3, 5],
  ['bytes where zeros should be', 7, 1],
  ['a version where there is none', 1, 2],
  ['a position beyond 2^53', 39, 1],
])('a header with %s is refused', (_, at, value) => {
  const header = bytes(HEADER_HEX)
  header[at] = value
  expect(() => decodeHeader(header, 8)).toThrow(
    expect.objectContaining({ code: 'BAD_HEADER', position: 8, step: 'open' }),
  )
})

test('a header of another length is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      fc.pre(data.length !== 72)
      expect(() => decodeHeader(data, 8)).toThrow(expect.objectContaining({ code: 'BAD_HEADER' }))
    }),
  )
})

test('digests go over the identity and every entry', () => {
  const chain = DigestChain.atStart(HEADER.identity, portableSha256)
  const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
  const start = sha(bytes('01 03 02 00 00000000 4d04000000000000 0100000000000000'))
  expect(chain.point()).toEqual({ number: 0n, position: 4096, digest: Uint8Array.from(start) })
  const one = encodeEntry({ type: 1, number: 0n, data: new Uint8Array(1_048_559) })
  const two = encodeEntry({ type: 2, number: 1n, data: bytes('aabb') })
  chain.append(one)
  chain.append(two)
  const digest = Uint8Array.from(sha(sha(start, one), two))
  expect(chain.point()).toEqual({ number: 2n, position: 4096 + 1_048_576 + 19, digest })
})

test('names', () => {
  const end = { number: 9n, position: 5000, digest: bytes('a1b2c3d4e5'.padEnd(64, '0')) }
  expect(segmentNameOf(HEADER, end)).toBe('1101-0000000007-a1b2c3d4.e2ds')
  expect(parseSegmentName('1101-0000000007-a1b2c3d4.e2ds')).toEqual({ systemId: 1101n, first: 7n, id: 'a1b2c3d4' })
  for (const name of ['../1101-0000000007-a1b2c3d4.e2ds', '1101-7-a1b2c3d4.e2ds', 'x-0000000007-a1b2c3d4.e2ds', '']) {
    expect(parseSegmentName(name)).toBeUndefined()
  }
})
