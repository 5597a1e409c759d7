import { expect, test } from 'vitest'
import { collect } from '../../test/support/collect.ts'
import { chain, genesis, open, stateOf, writeAnyGroup } from '../../test/support/tiny-eras.ts'
import { encodeSlotIndex } from '../index-records/slot-index.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes } from '../io/bytes.ts'
import { encodeRecord } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { snappyFramedEncode } from '../snappy/encode.ts'
import { iterateEraItems } from './legacy-era.ts'

test.each([
  ['no bytes', new Uint8Array(0), 'EMPTY_FILE'],
  [
    'a first record that is not Version',
    concatBytes([encodeRecord(0, new Uint8Array(0)), genesis.slice(8)]),
    'UNEXPECTED_TYPE',
  ],
  ['a number of slots that no preset has', await era({ slots: 32 }), 'BAD_GROUP'],
  ['blocks that do not end at the state', await era({ start: 1n }), 'BAD_GROUP'],
  ['a state without a position', await era({ stateTarget: undefined }), 'BAD_GROUP'],
  ['a state that is a Version record', await era({ stateTarget: 0 }), 'UNEXPECTED_TYPE'],
  ['blocks after the state', await era({ blockTarget: 18 }), 'BAD_GROUP'],
])('opening refuses %s', async (_, bytes, code) => {
  await expect(open(bytes)).rejects.toMatchObject({ code, step: 'open' })
})

test.each([
  [
    'without the index of its state',
    async () => (await era({})).slice(0, -32),
    /^the state index is missing: an index of bl/,
  ],
  [
    'with two indices of its state',
    async () => concatBytes([await era({}), (await era({})).slice(-32)]),
    /^a second state/,
  ],
  [
    'without the index of its blocks',
    () => era({ hasBlockIndex: false }),
    /^the index is missing: no SlotIndex \(6932\) record is directly before that at \d+ at byte \d+$/,
  ],
])('an era %s: the error says so', async (_, make, message) => {
  await expect(open(await make())).rejects.toMatchObject({ message: expect.stringMatching(message), step: 'open' })
})

/** A group of an era by its records only: a Version, an empty state record, an empty block record, the indices. */
async function era(change: {
  readonly slots?: number
  readonly start?: bigint
  readonly stateTarget?: number | undefined
  readonly blockTarget?: number
  readonly hasBlockIndex?: boolean
}): Promise<Uint8Array> {
  const { slots = 64, start = 0n, stateTarget, blockTarget, hasBlockIndex = true } = { stateTarget: 8, ...change }
  const content = concatBytes([
    encodeRecord(RecordType.Version, new Uint8Array(0)),
    encodeRecord(RecordType.CompressedBeaconState, new Uint8Array(hasBlockIndex ? 2 : 60).fill(3)),
    encodeRecord(RecordType.CompressedSignedBeaconBlock, new Uint8Array(0)),
  ])
  const targets = Array.from({ length: slots }, (_, i) => (i === 5 ? blockTarget : undefined))
  const index = encodeSlotIndex({ position: content.length, start, targets })
  const blocks = hasBlockIndex ? index : new Uint8Array(0)
  const position = content.length + blocks.length
  const state = encodeSlotIndex({ position, start: BigInt(slots), targets: [stateTarget] })
  return concatBytes([content, blocks, state])
}

test('an old file without indices is read from its start', async () => {
  const [block] = [...chain.blocks.values()] as [Uint8Array]
  const withLength = (ssz: Uint8Array): Uint8Array =>
    concatBytes([Uint8Array.of((ssz.length & 0x7f) | 0x80, ssz.length >> 7), ssz])
  const write = (wrap: (ssz: Uint8Array) => Uint8Array): ByteSource =>
    fromBytes(
      concatBytes([
        encodeRecord(RecordType.Version, new Uint8Array(0)),
        encodeRecord(RecordType.CompressedBeaconState, snappyFramedEncode(wrap(chain.states[0] as Uint8Array))),
        encodeRecord(RecordType.CompressedSignedBeaconBlock, snappyFramedEncode(wrap(block))),
      ]),
    )
  const expected = [
    { kind: 'state', slot: 0n, position: 8, ssz: chain.states[0] },
    { kind: 'block', slot: 0n, ssz: block },
  ]
  const plain = write((ssz) => ssz)
  const prefixed = write(withLength)
  expect(await collect(iterateEraItems(plain))).toMatchObject(expected)
  expect(await collect(iterateEraItems(prefixed, { lengthPrefixed: true }))).toMatchObject(expected)
  await expect(collect(iterateEraItems(plain, { lengthPrefixed: true }))).rejects.toMatchObject({
    code: 'BAD_SSZ',
  })
})

test('an era that does not end at a multiple of its slots is refused', async () => {
  const bytes = writeAnyGroup({ stateSlot: 65n, blocks: [], state: stateOf(1) })
  await expect(open(bytes)).rejects.toMatchObject({ code: 'BAD_GROUP', step: 'open' })
})
