import { BOOKMARK_TYPE, type Entry } from '@datastreamer/format'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchBookmark as batchBookmarkInit, blockBookmark as blockBookmarkInit, bytes } from '../test/inits.ts'
import { collect, entriesFrom } from '../test/stream-entries.ts'
import { assembleBatches } from './assemble-batches.ts'
import { assembleBlocks } from './assemble-blocks.ts'
import { dumpBatch } from './batch-dump.ts'
import { batchBookmark, blockBookmark, decodeBookmark } from './bookmark.ts'
import { decodeSequencerEntry } from './decode-entry.ts'
import { SequencerEntryError } from './errors.ts'
import { GENERATIONS, type Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import type { SequencerEntryInit } from './model.ts'
import { checkSequence, SequenceChecker } from './sequence-checker.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const address = fc.uint8Array({ minLength: 20, maxLength: 20 })
const blocks = fc.array(
  fc.record({
    stateRoot: hash,
    coinbase: address,
    isBatch: fc.boolean(),
    hasGer: fc.boolean(),
    transactions: fc.array(fc.tuple(fc.nat(255), fc.boolean(), fc.uint8Array({ maxLength: 300 })), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 6 },
)
const starts = fc.record({
  block: fc.bigInt(0n, 2n ** 32n - 10n),
  batch: fc.bigInt(0n, 2n ** 32n),
  entry: fc.bigInt(0n, 2n ** 40n),
})

/** A stream as networks write it: each block with its bookmark, its transactions and its end. */
function streamOf(
  generation: Generation,
  first: typeof starts extends fc.Arbitrary<infer T> ? T : never,
  shapes: typeof blocks extends fc.Arbitrary<infer T> ? T : never,
): Entry[] {
  const inits: SequencerEntryInit[] = []
  const hasBatches = generation === 'protobuf' || generation === 'etrog'
  const hasEnds = generation !== 'sequencer-2023-09'
  let batch = first.batch
  for (const [i, { stateRoot, coinbase, isBatch, hasGer, transactions }] of shapes.entries()) {
    const number = first.block + BigInt(i)
    if (i === 0 || isBatch) {
      if (i > 0 && generation === 'protobuf') inits.push({ kind: 'batchEnd', number: batch, stateRoot })
      if (i > 0) batch++
      if (hasBatches) inits.push(batchBookmarkInit(batch))
      if (generation === 'protobuf') inits.push({ kind: 'batchStart', number: batch, forkId: 9n, chainId: 1101n })
    }
    if (hasEnds) inits.push(blockBookmarkInit(number))
    inits.push({
      kind: 'l2Block',
      number,
      batchNumber: batch,
      timestamp: 1_700_000_000n,
      coinbase,
      globalExitRoot: stateRoot,
    })
    for (const [percentage, isValid, encoded] of transactions) {
      const fields = { isValid, encoded, effectiveGasPricePercentage: percentage, imStateRoot: stateRoot }
      inits.push({ kind: 'transaction', ...fields, l2blockNumber: number, batchNumber: batch })
    }
    if (hasEnds) inits.push({ kind: 'l2BlockEnd', number, hash: stateRoot, stateRoot })
    if (hasGer && hasEnds) inits.push({ kind: 'updateGer', batchNumber: batch, stateRoot, coinbase })
  }
  return entriesFrom(generation, first.entry, inits)
}

describe.each(GENERATIONS)('%s', (generation) => {
  test('is found, wherever the entries begin', async () => {
    await fc.assert(
      fc.asyncProperty(starts, blocks, fc.nat(), async (first, shapes, from) => {
        const all = streamOf(generation, first, shapes)
        const entries = all.slice(from % all.length)
        const known = { generation, endIsBoundary: true }
        expect(await collect(assembleBlocks(entries, { endIsBoundary: true }))).toEqual(
          await collect(assembleBlocks(entries, known)),
        )
        expect(await collect(assembleBatches(entries))).toEqual(await collect(assembleBatches(entries, known)))
        expect(await collect(checkSequence(entries))).toEqual(await collect(checkSequence(entries, known)))
        expect(await dumpBatch(entries, first.batch)).toEqual(await dumpBatch(entries, first.batch, known))
      }),
    )
  })

  test('is found by one entry alone', () => {
    fc.assert(
      fc.property(starts, blocks, (first, shapes) => {
        for (const entry of streamOf(generation, first, shapes)) {
          expect(decodeSequencerEntry(entry)).toEqual(decodeSequencerEntry(entry, generation))
        }
      }),
    )
  })
})

test.each(['pre-etrog', 'etrog', 'protobuf'] as const)('a bookmark of %s says its number', (generation) => {
  for (const value of [0n, 1n, 255n, 256n, 65_536n, 12_345_678n]) {
    expect(decodeBookmark(blockBookmark(value, generation))).toMatchObject({ type: 2, value })
  }
  if (generation !== 'pre-etrog')
    expect(decodeBookmark(batchBookmark(300n, generation))).toMatchObject({ type: 1, value: 300n })
})

describe('what leaves a doubt', () => {
  const zero = { type: BOOKMARK_TYPE, data: blockBookmark(0n, 'pre-etrog') }
  const block = (generation: Generation) => entriesFrom(generation, 0n, [{ kind: 'l2Block', number: 0n }])[0]

  test.each(['pre-etrog', 'etrog'] as const)('block 0 of %s is settled by what follows', (generation) => {
    const detector = new GenerationDetector()
    expect(detector.of(zero)).toBe('etrog')
    expect(detector.of(block(generation) ?? zero)).toBe(generation)
    expect(detector.of(zero)).toBe(generation)
  })

  test.each([
    // As protobuf: a transaction of block 0 whose `encoded` is all the rest.
    ['pre-etrog', { kind: 'l2BlockEnd', number: 0x4622n }],
    // As protobuf: a block without a number, whose global exit root is all the rest.
    [
      'sequencer-2023-09',
      { kind: 'transaction', batchNumber: 0xbbf_0d52n, encoded: bytes(1, 0), effectiveGasPricePercentage: 0 },
    ],
  ] as const)('an entry of %s that is a message without a number is of a fixed layout', (generation, init) => {
    const [entry] = entriesFrom(generation, 0n, [init])
    expect(decodeSequencerEntry(entry ?? zero, 'protobuf')).not.toHaveProperty('unknown', expect.anything())
    expect(decodeSequencerEntry(entry ?? zero)).toEqual(decodeSequencerEntry(entry ?? zero, generation))
  })

  test('what nobody can read says nothing', () => {
    const detector = new GenerationDetector()
    expect(detector.of({ type: 99, data: bytes(3, 1) })).toBe('protobuf')
    expect(detector.of({ type: 1, data: bytes(3, 0xff) })).toBe('protobuf')
    expect(detector.of(block('pre-etrog') ?? zero)).toBe('pre-etrog')
  })

  test('a generation that is named is taken, whatever the entries say', () => {
    expect(new GenerationDetector('etrog').of(block('pre-etrog') ?? zero)).toBe('etrog')
    const checker = new SequenceChecker({ generation: 'etrog' })
    expect(checker.push({ number: 0n, ...(block('pre-etrog') ?? zero) })).toMatchObject([{ code: 'UNREADABLE' }])
  })

  test('data that no generation can read is an error of the newest', () => {
    expect(() => decodeSequencerEntry({ type: 1, data: bytes(3, 0xff) })).toThrow(SequencerEntryError)
    expect(decodeSequencerEntry({ type: 99, data: bytes(1, 1) })).toMatchObject({ kind: 'unknown', type: 99 })
  })
})
