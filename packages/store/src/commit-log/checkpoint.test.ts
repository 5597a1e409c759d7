import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'

const checkpoint: Checkpoint = {
  sequence: 0x0102,
  totalLength: 0x1122_3344_55,
  totalEntries: 0x0304n,
  indexedEntries: 0x0203n,
  open: true,
  everyCommitDurable: false,
  truncating: true,
  marked: false,
  truncationChecksum: 0x0a0b,
  owner: 0x0c0d,
  bootId: 'b1',
}

const SLOT = [
  '6473636c00000001',
  '0000000000000102',
  '0000001122334455',
  '0000000000000304',
  '0000000000000203',
  '00000005',
  '6231'.padEnd(80, '0'),
  '00000a0b00000c0d',
].join('')

test('a slot has the layout of the specification, and is read back', () => {
  const bytes = encodeCheckpoint(checkpoint)
  expect(Buffer.from(bytes.subarray(0, 92)).toString('hex')).toBe(SLOT)
  expect(decodeCheckpoint(bytes)).toEqual(checkpoint)
})

test.each([
  { open: false, everyCommitDurable: true, truncating: false, marked: false },
  { open: false, everyCommitDurable: false, truncating: false, marked: true },
  { open: false, everyCommitDurable: false, truncating: false, marked: false },
])('each flag has a bit of its own: %o', (flags) => {
  expect(decodeCheckpoint(encodeCheckpoint({ ...checkpoint, ...flags }))).toEqual({ ...checkpoint, ...flags })
})

test('a boot id is truncated to its field', () => {
  const bootId = 'x'.repeat(41)
  expect(decodeCheckpoint(encodeCheckpoint({ ...checkpoint, bootId }))?.bootId).toBe('x'.repeat(40))
})

test('a slot that is incomplete, or has any bit flipped, is invalid', () => {
  const bytes = encodeCheckpoint(checkpoint)
  expect(decodeCheckpoint(bytes.subarray(0, bytes.length - 1))).toBeUndefined()
  for (let at = 0; at < bytes.length; at++) {
    const torn = bytes.slice()
    torn[at] = (torn[at] as number) ^ 1
    expect(decodeCheckpoint(torn)).toBeUndefined()
  }
})

test.each([
  ['of another kind', 3],
  ['of a later format', 7],
])('a slot %s is invalid, though its checksum is right', (_, at) => {
  const bytes = encodeCheckpoint(checkpoint)
  bytes[at] = (bytes[at] as number) + 1
  new DataView(bytes.buffer).setUint32(92, crc32(bytes.subarray(0, 92)))
  expect(decodeCheckpoint(bytes)).toBeUndefined()
})
