import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E2FormatError } from '../../errors.ts'
import { defaultHashes } from '../../hash/hashes.ts'
import { concatBytes, fromHex, toHex } from '../../io/bytes.ts'
import { encodeRlp, type RawRlp, rawRlp, writePrefix } from '../../rlp/encode.ts'
import { type BlockBody, decodeBody, encodeBody, splitBody } from './body.ts'
import { type BlockHeader, decodeHeader, decodeHeaderLinks, encodeHeader, isPostMerge } from './header.ts'
import { decodeHeaderWithProof, encodeHeaderWithProof } from './header-with-proof.ts'
import { logsBloom } from './logs.ts'
import {
  decodeProof,
  encodeProof,
  joinBeaconProof,
  type ProofType,
  proofBytes,
  proofTypeOf,
  splitBeaconProof,
} from './proof.ts'
import {
  decodeReceipts,
  decodeSlimReceipts,
  encodeReceipts,
  encodeSlimReceipts,
  type Receipt,
  splitReceipts,
} from './receipts.ts'

const hashes = defaultHashes()
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const u64 = fc.bigInt(0n, 2n ** 64n - 1n)
const u256 = fc.bigInt(0n, 2n ** 256n - 1n)

const legacyHeader = fc.record({
  ...{ parentHash: bytes(32), ommersHash: bytes(32), beneficiary: bytes(20), stateRoot: bytes(32) },
  ...{ transactionsRoot: bytes(32), receiptsRoot: bytes(32), logsBloom: bytes(256), difficulty: u256, number: u64 },
  ...{ gasLimit: u64, gasUsed: u64, timestamp: u64, extraData: fc.uint8Array({ maxLength: 120 }), mixHash: bytes(32) },
  nonce: bytes(8),
})
const later = fc.record({
  ...{ baseFeePerGas: u256, withdrawalsRoot: bytes(32), blobGasUsed: u64, excessBlobGas: u64 },
  ...{ parentBeaconBlockRoot: bytes(32), requestsHash: bytes(32), blockAccessListHash: bytes(32), slotNumber: u64 },
  further: fc.array(
    fc.oneof(u64, bytes(32)).map((item) => encodeRlp(item)),
    { minLength: 1, maxLength: 3 },
  ),
})
const aura = fc.record({ step: u64, signature: bytes(65) })
/** Headers of every fork: the later fields up to some point; sealed by work or by an authority. */
const header: fc.Arbitrary<BlockHeader> = fc
  .tuple(legacyHeader, later, fc.nat(9), fc.option(aura))
  .map(([{ mixHash, nonce, ...base }, extra, count, seal]) => ({
    ...base,
    ...(seal === null ? { mixHash, nonce } : { aura: seal }),
    ...Object.fromEntries(Object.entries(extra).slice(0, count)),
  }))

/** A transaction or receipt of a type, or without one. */
const transaction = fc
  .tuple(fc.nat(4), fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 }))
  .map(([type, items]) => (type === 0 ? encodeRlp(items) : concatBytes([Uint8Array.of(type), encodeRlp(items)])))
const withdrawal = fc.record({ index: u64, validatorIndex: u64, address: bytes(20), amount: u64 })
const body: fc.Arbitrary<BlockBody> = fc.record(
  {
    transactions: fc.array(transaction, { maxLength: 4 }),
    uncles: fc.array(header, { maxLength: 2 }),
    withdrawals: fc.array(withdrawal, { maxLength: 3 }),
  },
  { requiredKeys: ['transactions', 'uncles'] },
)
const log = fc.record({
  address: bytes(20),
  topics: fc.array(bytes(32), { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 70 }),
})
const plainReceipt: fc.Arbitrary<Receipt> = fc.record({
  type: fc.nat(0x7f),
  outcome: fc.oneof(fc.boolean(), bytes(32)),
  cumulativeGasUsed: u64,
  logs: fc.array(log, { maxLength: 3 }),
})
/** Receipts of every type, a deposit's with the fields of some fork. */
const slimReceipt: fc.Arbitrary<Receipt> = fc.oneof(
  plainReceipt,
  fc.tuple(plainReceipt, u64, u64, fc.nat(2)).map(([receipt, depositNonce, depositReceiptVersion, fork]) => ({
    ...{ ...receipt, type: 0x7e, ...(fork > 0 && { depositNonce }), ...(fork > 1 && { depositReceiptVersion }) },
  })),
)

/** Every prefix and suffix fails with a typed error; so do random changes that do not decode to something else. */
function checkStrict<T>(
  encoded: Uint8Array,
  decode: (rlp: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  pick: number,
): void {
  expect(() => decode(encoded.subarray(0, pick % encoded.length))).toThrow(E2FormatError)
  expect(() => decode(Uint8Array.of(...encoded, 0x80))).toThrow(E2FormatError)
  const changed = Uint8Array.from(encoded)
  changed[pick % encoded.length] = pick >> 8
  let value: T
  try {
    value = decode(changed)
  } catch (error) {
    expect(error).toBeInstanceOf(E2FormatError)
    return
  }
  expect(toHex(encode(value))).toBe(toHex(changed))
}

describe('codecs: round trip, and nothing but what is encoded decodes', () => {
  test('headers', () => {
    fc.assert(
      fc.property(header, fc.nat(), (value, pick) => {
        const rlp = encodeHeader(value)
        expect(decodeHeader(rlp)).toEqual(value)
        checkStrict(rlp, decodeHeader, encodeHeader, pick)
      }),
    )
  })

  test('bodies', () => {
    fc.assert(
      fc.property(body, fc.nat(), (value, pick) => {
        const rlp = encodeBody(value)
        expect(decodeBody(rlp)).toEqual(value)
        checkStrict(rlp, decodeBody, encodeBody, pick)
      }),
    )
  })

  test('receipts, full and slim', () => {
    fc.assert(
      fc.property(fc.array(slimReceipt, { maxLength: 4 }), fc.nat(), (value, pick) => {
        const full = encodeReceipts(value, hashes)
        const withBlooms = decodeReceipts(full)
        expect(withBlooms).toEqual(value.map((receipt) => ({ ...receipt, logsBloom: logsBloom(receipt.logs, hashes) })))
        checkStrict(full, decodeReceipts, (all) => encodeReceipts(all, hashes), pick)
        const slim = encodeSlimReceipts(value)
        expect(decodeSlimReceipts(slim)).toEqual(value)
        checkStrict(slim, decodeSlimReceipts, encodeSlimReceipts, pick)
      }),
    )
  })

  test('headers with proofs', () => {
    const part = { header: fc.uint8Array({ maxLength: 300 }), proof: fc.uint8Array({ maxLength: 300 }) }
    fc.assert(
      fc.property(fc.record(part), fc.integer({ min: 0, max: 7 }), (value, length) => {
        const ssz = encodeHeaderWithProof(value)
        expect(decodeHeaderWithProof(ssz)).toEqual(value)
        expect(() => decodeHeaderWithProof(ssz.subarray(0, length))).toThrow(E2FormatError)
      }),
    )
  })
})

test.each<[string, string, RegExp]>([
  ['of 31 bytes', `9f${'01'.repeat(31)}88${'00'.repeat(8)}`, /mixHash of 32 bytes or AuRa step has 31 bytes/],
  ['with a step and a nonce', `0788${'00'.repeat(8)}`, /AuRa signature has 8 bytes, expected 65/],
  ['missing', '', /mixHash of 32 bytes or AuRa step is missing/],
])('a seal %s is refused', (_, text, message) => {
  const [base] = fc.sample(legacyHeader, 1)
  if (base === undefined) throw new Error('no header')
  const whole = encodeHeader(base)
  const items = concatBytes([whole.subarray(3, whole.length - 42), fromHex(text)])
  const rlp = new Uint8Array(3 + items.length)
  writePrefix(rlp, 0, items.length, 0xc0)
  rlp.set(items, 3)
  expect(() => decodeHeader(rlp)).toThrow(message)
  expect(() => decodeHeaderLinks(rlp, { what: 'header', position: 0 })).toThrow(message)
})

test('a header without any seal cannot be written', () => {
  const [{ mixHash: _, ...rest } = {} as never] = fc.sample(legacyHeader, 1)
  expect(() => encodeHeader(rest)).toThrow(RangeError)
})

test('receipts that are not of deposits have no further fields', () => {
  const receipt = { type: 2, outcome: true, cumulativeGasUsed: 1n, logs: [] }
  const slim = encodeRlp([[2, 1, 1, [], 5]])
  expect(() => decodeSlimReceipts(slim)).toThrow('1 bytes too many in receipt')
  expect(encodeSlimReceipts([{ ...receipt, depositNonce: 5n }])).toEqual(encodeSlimReceipts([receipt]))
  expect(() => decodeSlimReceipts(encodeRlp([[0x7e, 1, 1, [], 5, 1, 1]]))).toThrow('1 bytes too many in receipt')
})

test('fields after the requests hash that are not those of Amsterdam are kept as they are', () => {
  const [base] = fc.sample(fc.tuple(legacyHeader, later), 1)
  if (base === undefined) throw new Error('no header')
  const { blockAccessListHash, slotNumber, further, ...prague } = { ...base[0], ...base[1] }
  for (const items of [[Uint8Array.of(0x05)], [Uint8Array.of(0xc0), encodeRlp(blockAccessListHash)]]) {
    const rlp = encodeHeader({ ...prague, further: items })
    expect(decodeHeader(rlp)).toEqual({ ...prague, further: items })
  }
  const listFirst = encodeHeader({ ...prague, blockAccessListHash, further: [Uint8Array.of(0xc0)] })
  expect(decodeHeader(listFirst)).toEqual({ ...prague, blockAccessListHash, further: [Uint8Array.of(0xc0)] })
})

describe('golden layouts', () => {
  test('a body, with parts that borrow it', () => {
    const parts = splitBody(fromHex('ccc6c1058302c103c0c3c20102'))
    expect(parts.transactions.map(toHex)).toEqual(['c105', '02c103'])
    expect(toHex(parts.uncles)).toBe('c0')
    expect(parts.withdrawals?.map(toHex)).toEqual(['c20102'])
  })

  test('the bloom of a log has three bits for its address and each topic', () => {
    const address = fromHex('0f572e5295c57f15886f9b263e2f6d2d6c7b5ec6')
    const topic = fromHex('ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef')
    const bits = new Set<number>()
    for (const item of [address, topic]) {
      const hash = hashes.keccak256(item)
      for (const i of [0, 2, 4]) bits.add((((hash[i] as number) << 8) | (hash[i + 1] as number)) % 2048)
    }
    const bloom = logsBloom([{ address, topics: [topic], data: new Uint8Array(0) }], hashes)
    const number = BigInt(`0x${toHex(bloom)}`)
    expect(number).toBe([...bits].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n))
  })

  test('a header with a proof: two offsets, then both', () => {
    const ssz = encodeHeaderWithProof({ header: Uint8Array.of(1, 2, 3), proof: Uint8Array.of(4) })
    expect(toHex(ssz)).toBe('080000000b00000001020304')
  })

  test.each<[string, string]>([
    ['a first offset that is not 8', '090000000b00000001020304'],
    ['a second offset before the first', '080000000700000001020304'],
    ['a second offset after the end', '080000000d00000001020304'],
    ['a header too long', `0800000009080000${'00'.repeat(2049)}`],
    ['a proof too long', `0800000008000000${'00'.repeat(1025)}`],
  ])('%s is refused', (_, text) => {
    expect(() => decodeHeaderWithProof(fromHex(text), 5)).toThrow(
      expect.objectContaining({ code: 'BAD_SSZ', position: 5 }),
    )
  })

  test('neither can be written too long', () => {
    expect(() => encodeHeaderWithProof({ header: new Uint8Array(2049), proof: new Uint8Array(0) })).toThrow(RangeError)
    expect(() => encodeHeaderWithProof({ header: new Uint8Array(0), proof: new Uint8Array(1025) })).toThrow(RangeError)
  })

  test.each<[ProofType, number]>([
    [0, 480],
    [1, 840],
    [2, 808],
    [3, 840],
    [4, 904],
  ])('a proof of type %i has %i bytes', (type, length) => {
    expect(proofBytes(type)).toBe(length)
    const ssz = new Uint8Array(length).map((_, i) => i)
    expect(decodeProof(encodeProof({ type, ssz }))).toEqual({ type, ssz })
    const short = encodeProof({ type, ssz: ssz.subarray(1) })
    expect(() => decodeProof(short)).toThrow(expect.objectContaining({ code: 'BAD_SSZ' }))
    if (type === 0) return
    const parts = splitBeaconProof({ type, ssz })
    expect(joinBeaconProof(type, parts)).toEqual({ type, ssz })
    expect(parts.slot).toBe(new DataView(ssz.buffer).getBigUint64(length - 8, true))
  })

  test('which proof a block has follows from its header', () => {
    fc.assert(
      fc.property(header, (value) => {
        const after = { ...value, difficulty: 0n, number: value.number + 1n }
        expect(isPostMerge(after)).toBe(true)
        const { withdrawalsRoot, blobGasUsed, blockAccessListHash } = after
        const before = withdrawalsRoot === undefined ? 1 : blobGasUsed === undefined ? 2 : 3
        const expected = blockAccessListHash === undefined ? before : 4
        expect(proofTypeOf(after)).toBe(expected)
        expect(proofTypeOf({ ...value, difficulty: 1n })).toBe(0)
        expect(proofTypeOf({ ...value, difficulty: 0n, number: 0n })).toBe(0)
      }),
    )
  })
})

describe('refused content', () => {
  const typed = (payload: string): string => `c${(payload.length / 2 + 2).toString(16)}`
  test.each<[string, (rlp: Uint8Array) => unknown, string]>([
    ['a body without uncles', decodeBody, 'c1c0'],
    ['a body whose uncles are bytes', decodeBody, 'c2c080'],
    ['a body with four lists', decodeBody, 'c4c0c0c0c0'],
    ['an empty transaction', decodeBody, 'c3c180c0'],
    ['a transaction of a type without content', decodeBody, 'c3c102c0'],
    ['a transaction of type 128', decodeBody, 'c5c38280c0c0'],
    ['a typed transaction that is no list', decodeBody, 'c5c3820205c0'],
    ['a typed transaction with bytes after it', decodeBody, 'c6c48302c005c0'],
    ['an uncle that is no header', decodeBody, 'c3c0c1c0'],
    ['a withdrawal with three fields', decodeBody, `d8c0c0${typed('')}`],
    ['a receipt with a status of 2', decodeSlimReceipts, 'c5c48002 80c0'.replaceAll(' ', '')],
    ['a receipt of type 128', decodeSlimReceipts, 'c6c581808080c0'],
    ['a receipt with a field too many', decodeSlimReceipts, 'c6c5808080c080'],
    ['a receipt without logs', decodeSlimReceipts, 'c4c3808080'],
  ])('%s', (_, decode, text) => {
    expect(() => decode(fromHex(text))).toThrow(expect.objectContaining({ code: 'BAD_RLP', step: 'read' }))
  })

  describe('more items than a block can have, which would take far more memory than their bytes', () => {
    const list = (item: readonly number[], count: number): RawRlp => {
      const items = Buffer.alloc(item.length * count, Uint8Array.from(item))
      const prefix = new Uint8Array(9)
      return rawRlp(concatBytes([prefix.subarray(0, writePrefix(prefix, 0, items.length, 0xc0)), items]))
    }
    const many = 1_048_577
    const log = [0xd7, 0x94, ...new Array(20).fill(1), 0xc0, 0x80]

    test.each<[string, () => Uint8Array, (rlp: Uint8Array) => unknown]>([
      ['transactions', () => encodeRlp([list([0xc0], many), []]), decodeBody],
      ['withdrawals', () => encodeRlp([[], [], list([0xc0], many)]), splitBody],
      ['receipts', () => list([0xc0], many).raw, splitReceipts],
      ['receipts', () => list([0xc4, 0x80, 0x80, 0x80, 0xc0], many).raw, decodeSlimReceipts],
      ['logs', () => encodeRlp(Array(2).fill([0, 0, 0, list(log, many - 500_000)])), decodeSlimReceipts],
    ])('%s', (what, make, decode) => {
      expect(() => decode(make())).toThrow(`more than 1048576 ${what}`)
    })

    test('topics', () => {
      const receipt = (topics: number): Uint8Array => {
        return encodeRlp([[0, 0, 0, [[new Uint8Array(20), list([0xa0, ...new Array(32).fill(1)], topics), 0]]]])
      }
      expect(decodeSlimReceipts(receipt(4))[0]?.logs[0]?.topics).toHaveLength(4)
      expect(() => decodeSlimReceipts(receipt(5))).toThrow(E2FormatError)
    })
  })

  test('a header with more further fields than are accepted', () => {
    const [sample] = fc.sample(header, 1)
    const further = Array.from({ length: 17 }, () => Uint8Array.of(1))
    const full = { ...(sample as BlockHeader), ...fc.sample(later, 1)[0], further }
    expect(() => decodeHeader(encodeHeader(full))).toThrow('too many')
  })
})
