import { create, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSequencerEntry } from './codec.ts'
import { decodeSequencerEntry } from './decode-entry.ts'
import { SequencerEntryError } from './errors.ts'
import {
  BatchEndSchema,
  BatchStartSchema,
  BookMarkSchema,
  L2BlockEndSchema,
  L2BlockSchema,
  TransactionSchema,
  UpdateGERSchema,
} from './gen/datastream/v1/datastream_pb.ts'
import { GENERATIONS, type Generation } from './generation.ts'
import type { EntryKind, SequencerEntryInit } from './model.ts'

const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const u32 = fc.nat(0xffff_ffff)
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const address = fc.uint8Array({ minLength: 20, maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 300 })
const debug = fc.option(fc.record({ message: fc.string({ unit: 'binary' }) }), { nil: undefined })

/** Fields of the protobuf messages. */
const messages = {
  bookmark: { type: fc.integer({ min: -5, max: 5 }), value: u64 },
  batchStart: { number: u64, type: fc.nat(9), forkId: u64, chainId: u64, debug },
  batchEnd: { number: u64, localExitRoot: bytes, stateRoot: bytes, debug },
  l2Block: {
    number: u64,
    batchNumber: u64,
    timestamp: u64,
    deltaTimestamp: u32,
    minTimestamp: u64,
    l1Blockhash: bytes,
    l1InfotreeIndex: u32,
    hash: bytes,
    stateRoot: bytes,
    globalExitRoot: bytes,
    coinbase: bytes,
    blockGasLimit: u64,
    blockInfoRoot: bytes,
    debug,
    baseFee: bytes,
  },
  l2BlockEnd: { number: u64 },
  transaction: {
    l2blockNumber: u64,
    index: u64,
    isValid: fc.boolean(),
    encoded: bytes,
    effectiveGasPricePercentage: u32,
    imStateRoot: bytes,
    debug,
  },
  updateGer: {
    batchNumber: u64,
    timestamp: u64,
    globalExitRoot: bytes,
    coinbase: bytes,
    forkId: u64,
    chainId: u64,
    stateRoot: bytes,
    debug,
  },
} satisfies Record<EntryKind, Record<string, fc.Arbitrary<unknown>>>

const schemas = {
  bookmark: BookMarkSchema,
  batchStart: BatchStartSchema,
  batchEnd: BatchEndSchema,
  l2Block: L2BlockSchema,
  l2BlockEnd: L2BlockEndSchema,
  transaction: TransactionSchema,
  updateGer: UpdateGERSchema,
} as const

/** Fields of the fixed layouts. */
const u16 = fc.bigInt(0n, 0xffffn)
const b32 = fc.bigInt(0n, 0xffff_ffffn)
const u8 = fc.nat(255)
const block = { number: u64, batchNumber: u64, timestamp: u64, globalExitRoot: hash, coinbase: address }
const blockEnd = { number: u64, hash, stateRoot: hash }
const ger = { batchNumber: u64, timestamp: u64, globalExitRoot: hash, coinbase: address, forkId: u16, stateRoot: hash }
const transaction = { isValid: fc.boolean(), encoded: bytes, effectiveGasPricePercentage: u8 }
const none = fc.constant(new Uint8Array(0))
const fixed: readonly [Generation, EntryKind, Record<string, fc.Arbitrary<unknown>>][] = [
  ['sequencer-2023-09', 'l2Block', block],
  ['sequencer-2023-09', 'transaction', { ...transaction, batchNumber: u64 }],
  ['pre-etrog', 'l2Block', { ...block, forkId: u16 }],
  ['pre-etrog', 'transaction', { ...transaction, imStateRoot: fc.oneof(none, hash) }],
  ['pre-etrog', 'l2BlockEnd', blockEnd],
  ['pre-etrog', 'updateGer', ger],
  ['pre-etrog', 'bookmark', { type: fc.constant(2), value: u64 }],
  [
    'etrog',
    'l2Block',
    {
      ...block,
      deltaTimestamp: u32,
      l1InfotreeIndex: u32,
      l1Blockhash: hash,
      forkId: u16,
      chainId: b32,
      localExitRoot: fc.option(hash, { nil: undefined }),
    },
  ],
  ['etrog', 'transaction', { ...transaction, imStateRoot: hash }],
  ['etrog', 'l2BlockEnd', blockEnd],
  ['etrog', 'updateGer', { ...ger, chainId: b32 }],
  ['etrog', 'bookmark', { type: fc.constantFrom(1, 2), value: u64 }],
]

const layouts = [
  ...fixed,
  ...Object.entries(messages).map(([kind, fields]) => ['protobuf', kind as EntryKind, fields] as const),
]

describe.each(layouts)('%s %s', (generation, kind, fields) => {
  const entries = fc
    .record<Record<string, unknown>>(fields)
    .map((value) => ({ ...value, kind }) as unknown as SequencerEntryInit)

  test('round trip', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const encoded = encodeSequencerEntry(entry, generation)
        const decoded = decodeSequencerEntry(encoded, generation)
        expect(decoded).toMatchObject(withoutUndefined(entry))
        expect(encodeSequencerEntry(decoded, generation)).toEqual(encoded)
      }),
    )
  })

  test('every prefix is refused or is another whole entry', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (entry, length) => {
        const { type, data } = encodeSequencerEntry(entry, generation)
        if (data.length === 0) return
        const prefix = data.subarray(0, length % data.length)
        const decoded = attempt(() => decodeSequencerEntry({ type, data: prefix }, generation))
        if (decoded === undefined) return
        expect(encodeSequencerEntry(decoded, generation).data).toEqual(prefix)
      }),
    )
  })
})

describe.each(Object.keys(messages) as EntryKind[])('%s against the library', (kind) => {
  const schema = schemas[kind]
  const shapes = fc.record<Record<string, unknown>>(messages[kind])

  test('encodes the same bytes and decodes the same fields', () => {
    fc.assert(
      fc.property(shapes, (fields) => {
        const message = create(schema, withoutUndefined(fields) as MessageShape<typeof schema>)
        const expected = toBinary(schema, message)
        const encoded = encodeSequencerEntry({ ...fields, kind } as unknown as SequencerEntryInit, 'protobuf')
        expect(encoded.data).toEqual(expected)
        const { $typeName: _, ...read } = fromBinary(schema, expected)
        expect(withoutUndefined(decodeSequencerEntry(encoded, 'protobuf'))).toEqual({ ...plain(read), kind })
      }),
    )
  })
})

test.each(GENERATIONS)('random bytes in any type of %s decode or are refused', (generation) => {
  const types = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 0xb0, 0xffff_ffff)
  const noise = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ minLength: 60, maxLength: 160 }))
  fc.assert(
    fc.property(types, noise, (type, data) => {
      const decoded = attempt(() => decodeSequencerEntry({ type, data }, generation))
      if (decoded === undefined) return
      for (const field of Object.values(decoded)) {
        if (field instanceof Uint8Array) expect(field.length).toBeLessThanOrEqual(data.length)
      }
    }),
    { numRuns: 2_000 },
  )
})

/** The result, or `undefined` if it was refused as it should be. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    expect(error).toBeInstanceOf(SequencerEntryError)
    return undefined
  }
}

function withoutUndefined(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined))
}

/** A message of the library as a plain object. */
function plain(message: object): Record<string, unknown> {
  const { debug: note, ...fields } = message as { debug?: { message: string } }
  return note === undefined ? fields : { ...fields, debug: { message: note.message, unknown: undefined } }
}
