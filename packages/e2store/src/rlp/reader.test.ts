import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E2FormatError } from '../errors.ts'
import { encodeRlp, type RlpValue } from './encode.ts'
import { RlpReader, readList } from './reader.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))
type Tree = Uint8Array | readonly Tree[]

/** Read everything that is left, as nested arrays. */
function tree(reader: RlpReader): Tree[] {
  const out: Tree[] = []
  while (reader.hasMore) out.push(reader.nextIsList ? tree(reader.list('list')) : reader.string('bytes').slice())
  return out
}

const { value } = fc.letrec<{ value: Tree }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.uint8Array({ maxLength: 70 }),
    fc.array(tie('value'), { maxLength: 6 }) as fc.Arbitrary<Tree>,
  ),
}))

describe('RLP', () => {
  test.each<[string, string, RlpValue]>([
    ['dog', '83646f67', Buffer.from('dog')],
    ['list of words', 'c88363617483646f67', [Buffer.from('cat'), Buffer.from('dog')]],
    ['empty bytes', '80', new Uint8Array(0)],
    ['zero', '80', 0],
    ['empty list', 'c0', []],
    ['a zero byte', '00', Uint8Array.of(0)],
    ['15', '0f', 15n],
    ['128', '8180', 128],
    ['1024', '820400', 1024],
    ['sets', 'c7c0c1c0c3c0c1c0', [[], [[]], [[], [[]]]]],
    ['56 bytes', `b838${'61'.repeat(56)}`, Buffer.from('a'.repeat(56))],
  ])('%s', (_, bytes, plain) => {
    expect(encodeRlp(plain)).toEqual(hex(bytes))
  })

  test('round trip; every prefix and every suffix fails', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.nat(), (items, length) => {
        const bytes = encodeRlp(items)
        expect(readList(bytes, { what: 'list', position: 0 }, tree)).toEqual(items)
        const origin = { what: 'list', position: 9 }
        expect(() => readList(bytes.subarray(0, length % bytes.length), origin, tree)).toThrow(E2FormatError)
        expect(() => readList(Uint8Array.of(...bytes, 0), origin, tree)).toThrow(E2FormatError)
      }),
    )
  })

  test('random bytes either fail or are what encoding gives', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const reader = new RlpReader(bytes)
        let items: Tree[]
        try {
          items = tree(reader)
        } catch (error) {
          expect(error).toBeInstanceOf(E2FormatError)
          return
        }
        expect(Buffer.concat(items.map((item) => encodeRlp(item)))).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 1000 },
    )
  })

  test('numbers of every size', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.integer({ min: 0, max: 31 }), (big, shift) => {
        const number = big >> BigInt(8 * shift)
        expect(new RlpReader(encodeRlp(number)).uint('number', 32)).toBe(number)
      }),
    )
  })

  test.each([
    ['one byte with a prefix', '8105'],
    ['long form of a short list', 'f803010203'],
    ['long form with a leading zero', `b90038${'61'.repeat(56)}`],
    ['length beyond the end', 'c401'],
    ['length of 2^64 - 1', 'ffffffffffffffffff'],
    ['incomplete prefix', 'b8'],
  ])('refuses %s', (_, bytes) => {
    let error: unknown
    try {
      new RlpReader(hex(bytes), { what: 'body', position: 77 }).skip('item')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'BAD_RLP', position: 77, step: 'read' })
  })

  test('refuses leading zeros, wrong kinds and sizes, and deep nesting', () => {
    expect(() => new RlpReader(hex('820001')).uint('number')).toThrow('leading zero')
    expect(() => new RlpReader(hex('00')).uint('number')).toThrow('leading zero')
    expect(() => new RlpReader(hex('c0')).uint('number')).toThrow('expected a number')
    expect(() => new RlpReader(hex('c0')).string('bytes')).toThrow('expected bytes')
    expect(() => new RlpReader(hex('80')).list('list')).toThrow('expected a list')
    expect(() => new RlpReader(hex('820102')).fixed('hash', 3)).toThrow('expected 3')
    expect(() => new RlpReader(hex('83010203')).uint('number', 2)).toThrow('at most 2')
    let nested: RlpValue = []
    for (let depth = 0; depth < 40; depth++) nested = [nested]
    expect(() => new RlpReader(encodeRlp(nested)).skip('item')).toThrow('too deep')
    const bomb = new Uint8Array(100_000).fill(0xc1)
    expect(() => new RlpReader(bomb).skip('item')).toThrow(E2FormatError)
  })

  test('refuses numbers that RLP cannot hold', () => {
    expect(() => encodeRlp(-1)).toThrow(RangeError)
    expect(() => encodeRlp(0.5)).toThrow(RangeError)
    expect(() => encodeRlp(2n ** 256n)).toThrow(RangeError)
  })
})
