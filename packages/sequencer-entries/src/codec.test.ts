import { describe, expect, test } from 'vitest'
import { entryFromJson, fromHex } from '../test/from-json.ts'
import vectors from '../vectors/entries.json' with { type: 'json' }
import malformed from '../vectors/malformed.json' with { type: 'json' }
import { encodeSequencerEntry, entryKind } from './codec.ts'
import { decodeSequencerEntry } from './decode-entry.ts'
import { SequencerEntryError } from './errors.ts'
import { GENERATIONS, type Generation, isGeneration } from './generation.ts'
import { toJson } from './to-json.ts'

function generationOf(name: string): Generation {
  if (!isGeneration(name)) throw new TypeError(name)
  return name
}

describe.each(vectors)('$generation: $name', ({ generation: name, type, data, value }) => {
  const generation = generationOf(name)

  test('decodes', () => {
    const decoded = decodeSequencerEntry({ type, data: fromHex(data) }, generation)
    expect(toJson(decoded)).toEqual(value)
    expect(entryKind(type, generation)).toBe(value.kind)
  })

  test('encodes to the same bytes', () => {
    const encoded = encodeSequencerEntry(entryFromJson(value), generation)
    expect(encoded.type).toBe(type)
    expect(Buffer.from(encoded.data).toString('hex')).toBe(data)
  })

  test('decodes inside a larger buffer', () => {
    const bytes = fromHex(data)
    const buffer = new Uint8Array(bytes.length + 9).fill(0xee)
    buffer.set(bytes, 4)
    const decoded = decodeSequencerEntry({ type, data: buffer.subarray(4, 4 + bytes.length) }, generation)
    expect(toJson(decoded)).toEqual(value)
  })
})

test('every layout of every generation has a vector', () => {
  const seen = new Set(vectors.map(({ generation, type, data }) => `${generation} ${type} ${data.length / 2}`))
  for (const layout of [
    'sequencer-2023-09 1 76',
    'sequencer-2023-09 2 14',
    'pre-etrog 1 78',
    'pre-etrog 2 306',
    'pre-etrog 2 338',
    'pre-etrog 3 72',
    'pre-etrog 4 102',
    'pre-etrog 176 9',
    'etrog 1 122',
    'etrog 1 154',
    'etrog 2 108',
    'etrog 3 72',
    'etrog 4 106',
    'etrog 176 9',
  ]) {
    expect(seen).toContain(layout)
  }
  for (const type of [1, 2, 3, 4, 5, 6, 176]) {
    expect(vectors.some((vector) => vector.generation === 'protobuf' && vector.type === type)).toBe(true)
  }
})

test.each(malformed)('refuses $generation: $name', ({ generation, type, data, code, offset }) => {
  const entry = { type, number: 4711n, data: fromHex(data) }
  const decode = () => decodeSequencerEntry(entry, generationOf(generation))
  expect(decode).toThrow(SequencerEntryError)
  expect(decode).toThrow(expect.objectContaining({ code, offset, entryNumber: 4711n, retryable: false }))
  expect(decode).toThrow(/^entry 4711: .* at byte \d+ of the data$/)
})

test('an error says what was found and what was expected', () => {
  expect(() => decodeSequencerEntry({ type: 2, number: 9n, data: new Uint8Array(5) }, 'pre-etrog')).toThrow(
    'entry 9: L2 transaction of 5 bytes, expected 6 + length or 38 + length at byte 5 of the data',
  )
  expect(() => decodeSequencerEntry({ type: 6, data: Uint8Array.of(8) }, 'protobuf')).toThrow(
    /^datastream\.v1\.L2BlockEnd: .* at byte 0 of the data$/,
  )
})

describe('encoding refuses', () => {
  test.each([
    ['a u64 of 65 bits', { kind: 'l2BlockEnd', number: 1n << 64n }, GENERATIONS.slice(1)],
    ['a negative u64', { kind: 'l2BlockEnd', number: -1n }, GENERATIONS.slice(1)],
    ['a u32 of 33 bits', { kind: 'l2Block', deltaTimestamp: 2 ** 32 }, ['etrog', 'protobuf']],
    ['a u32 that is no integer', { kind: 'l2Block', l1InfotreeIndex: 0.5 }, ['etrog', 'protobuf']],
    ['a u8 of 9 bits', { kind: 'transaction', effectiveGasPricePercentage: 256 }, GENERATIONS.slice(0, 3)],
    ['a fork id of 17 bits', { kind: 'l2Block', forkId: 65536n }, ['pre-etrog', 'etrog']],
    ['a chain id of 33 bits', { kind: 'l2Block', chainId: 1n << 32n }, ['etrog']],
    ['a short hash', { kind: 'l2Block', globalExitRoot: new Uint8Array(31) }, GENERATIONS.slice(0, 3)],
    ['a long address', { kind: 'l2Block', coinbase: new Uint8Array(21) }, GENERATIONS.slice(0, 3)],
    ['a bookmark of a batch', { kind: 'bookmark', type: 1, value: 1n }, ['pre-etrog']],
  ] as const)('%s', (_name, entry, generations) => {
    for (const generation of generations) {
      expect(() => encodeSequencerEntry(entry, generation)).toThrow(RangeError)
    }
  })

  test('what the generation lacks', () => {
    expect(() => encodeSequencerEntry({ kind: 'batchStart', number: 1n }, 'etrog')).toThrow(
      new TypeError('generation etrog has no entry of kind batchStart'),
    )
  })
})

test('what is left out has its zero value', () => {
  expect(encodeSequencerEntry({ kind: 'l2Block' }, 'etrog').data).toEqual(new Uint8Array(122))
  expect(encodeSequencerEntry({ kind: 'l2Block' }, 'protobuf').data).toEqual(new Uint8Array(0))
})
