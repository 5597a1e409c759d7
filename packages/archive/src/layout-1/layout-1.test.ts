import { fromBytes } from '@datastreamer/e2store'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEnd, encodeEnd } from './segment-end.ts'
import { encodeSegmentIndex, readSegmentIndex } from './segment-index.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const DIGEST = '11'.repeat(32)

test('golden: the end', () => {
  const point = { number: 7n, position: 4711, digest: bytes(DIGEST) }
  const encoded = bytes(`0700000000000000 6712000000000000 ${DIGEST}`)
  expect(encodeEnd(point)).toEqual(encoded)
  const checksum = new Uint8Array(32).fill(9)
  expect(decodeEnd(Uint8Array.of(...encoded, ...checksum), 99)).toEqual({ point, checksum })
})

describe('the table of blocks', () => {
  const table = { position: 300, first: 5n, targets: [88, 88, 200] }
  const encoded = bytes(`d503 28000000 0000 0500000000000000
    2cffffffffffffff 2cffffffffffffff 9cffffffffffffff 0300000000000000`)

  test('golden, and found from its end', async () => {
    expect(encodeSegmentIndex(table)).toEqual(encoded)
    expect(await readSegmentIndex(fromBytes(Uint8Array.of(...new Uint8Array(300), ...encoded)), 88)).toEqual(table)
  })

  test('no block', async () => {
    const none = { position: 10, first: 0n, targets: [] }
    expect(
      await readSegmentIndex(fromBytes(Uint8Array.of(...new Uint8Array(10), ...encodeSegmentIndex(none))), 8),
    ).toEqual(none)
  })

  test.each([
    ['more rows than there is room for', -8, 0xff],
    ['one row less', -8, 2],
    ['another type', -48, 0xd5 ^ 1],
    ['a target before the entries', -31, 0xfe],
    ['a target after them', -25, 0],
  ])('with %s is refused', async (_, at, value) => {
    const file = Uint8Array.of(...new Uint8Array(300), ...encoded)
    file[file.length + at] = value
    await expect(readSegmentIndex(fromBytes(file), 88)).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'open' })
  })

  test('of any bytes is a table or an error, and takes no memory for what is not there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (data) => {
        const read = readSegmentIndex(fromBytes(data), 0)
        await read.catch((error: unknown) => expect(error).toMatchObject({ step: 'open' }))
      }),
    )
  })
})
