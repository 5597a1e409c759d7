import { describe, expect, test } from 'vitest'
import { batchBookmark, batchEnd, block, blockBookmark, bytes, end, ger, start, tx } from '../test/inits.ts'
import { entriesFrom, numbered } from '../test/stream-entries.ts'
import { generateStream } from './generate-stream.ts'
import type { Generation } from './generation.ts'
import type { SequencerEntryInit } from './model.ts'
import { checkSequence, SequenceChecker } from './sequence-checker.ts'

/** Findings as `code entry: expected / found`. */
function findings(inits: readonly SequencerEntryInit[], first = 0n, generation: Generation = 'protobuf'): string[] {
  const checker = new SequenceChecker({ generation })
  const found = entriesFrom(generation, first, inits).flatMap((entry) => checker.push(entry))
  return [...found, ...checker.end()].map(
    ({ code, entryNumber, expected, found: what }) => `${code} ${entryNumber}: ${expected} / ${what}`,
  )
}

const one = [blockBookmark(1n), block(1n, 1n, 1), tx(1n), end(1n)]
const two = [blockBookmark(2n), block(2n, 1n, 2), end(2n)]
const batch = [batchBookmark(1n), start(1n), ...one, ...two, batchEnd(1n, 2)]
const three = [blockBookmark(3n), block(3n, 2n, 3), end(3n)]

describe('finds nothing in', () => {
  test.each<[string, SequencerEntryInit[]]>([
    ['batches of blocks', [...batch, batchBookmark(2n), start(2n), ...three, batchEnd(2n, 3)]],
    ['a stream that ends inside a block', [...batch.slice(0, 5)]],
    ['blocks without an end', [...batch.filter(({ kind }) => kind !== 'l2BlockEnd')]],
    ['GER updates in batches without blocks', [...batch, batchBookmark(2n), start(2n), ger(2n, 5), batchEnd(2n, 5)]],
    ['a batch with nothing in it', [...batch, batchBookmark(2n), start(2n), batchEnd(2n, 2)]],
    ['entries that begin inside a block', [tx(1n), end(1n), ...two, batchEnd(1n, 2)]],
    ['entries that begin with a block end', [end(1n), ...two]],
    ['entries that begin with a block after its bookmark', [...one.slice(1), ...two]],
    ['entries that begin with a batch after its bookmark', batch.slice(1)],
    ['entries that begin inside a batch', [...two, batchEnd(1n, 2), batchBookmark(2n), start(2n), ...three]],
  ])('%s', (_name, inits) => {
    expect(findings(inits, 40n)).toEqual([])
  })

  test('a generated stream', async () => {
    const entries = numbered(generateStream({ blocks: 200n }))
    const check = checkSequence(entries, { generation: 'protobuf' })
    expect(await check.next()).toMatchObject({ done: true, value: { blocks: 200n, findings: 0n, lastBlock: 199n } })
  })
})

describe('finds', () => {
  test.each<[string, SequencerEntryInit[], string[]]>([
    [
      'a block left out',
      [...batch.slice(0, 6), blockBookmark(3n), block(3n, 1n)],
      ['BLOCK_NUMBER 7: block 2 / block 3'],
    ],
    ['a block again', [...batch.slice(0, 6), ...one], ['BLOCK_NUMBER 7: block 2 / block 1']],
    ['a batch left out', [...batch, batchBookmark(3n), start(3n)], ['BATCH_NUMBER 11: batch 2 / batch 3']],
    [
      'a batch inside a batch',
      [...batch.slice(0, -1), batchBookmark(2n), start(2n)],
      ['BATCH_NUMBER 10: end of batch 1 / start of batch 2'],
    ],
    [
      'a block of another batch',
      [batchBookmark(1n), start(1n), blockBookmark(1n), block(1n, 2n)],
      ['BATCH_OF_BLOCK 3: block 1 of batch 1 / block 1 of batch 2'],
    ],
    ['a block outside a batch', [...batch, ...three], ['BATCH_OF_BLOCK 11: a batch start / block 3 of batch 2']],
    [
      'a GER update of another batch',
      [batchBookmark(1n), start(1n), ger(2n)],
      ['BATCH_OF_BLOCK 2: GER update of batch 1 / GER update of batch 2'],
    ],
    [
      'the end of another block',
      [blockBookmark(1n), block(1n, 1n), end(2n)],
      ['BLOCK_END 2: end of block 1 / end of block 2'],
    ],
    ['a second block end', [...one, end(1n)], ['BLOCK_END 4: no block end / end of block 1']],
    [
      'the end of another batch',
      [...batch.slice(0, -1), batchEnd(2n, 2)],
      ['BATCH_END 9: end of batch 1 / end of batch 2'],
    ],
    ['a second batch end', [...batch, batchEnd(1n, 2)], ['BATCH_END 10: no batch end / end of batch 1']],
    [
      'a transaction after its block',
      [...one, tx(1n)],
      ['TRANSACTION 4: a block before its transactions / a transaction outside a block'],
    ],
    [
      'a transaction of another block',
      [blockBookmark(1n), block(1n, 1n), tx(2n), end(1n)],
      ['TRANSACTION 2: transaction of block 1 / transaction of block 2'],
    ],
    [
      'another state root',
      [...batch.slice(0, -1), batchEnd(1n, 9)],
      [`STATE_ROOT 9: state root 0x${'02'.repeat(32)} / state root 0x${'09'.repeat(32)}`],
    ],
    [
      'a type to come',
      [{ kind: 'unknown', type: 9, data: bytes(0, 0) }],
      ['UNKNOWN_TYPE 0: a type of generation protobuf / type 9'],
    ],
    ['a block without a bookmark', [...one, block(2n, 1n)], ['BOOKMARK 4: bookmark of block 2 / block 2 of batch 1']],
    ['a batch without a bookmark', [...batch, start(2n)], ['BOOKMARK 10: bookmark of batch 2 / start of batch 2']],
    [
      'the bookmark of another block',
      [blockBookmark(7n), block(1n, 1n)],
      ['BOOKMARK 1: block 7 after its bookmark / block 1 of batch 1'],
    ],
    [
      'the bookmark of another batch',
      [batchBookmark(7n), start(1n)],
      ['BOOKMARK 1: batch 7 after its bookmark / start of batch 1'],
    ],
    [
      'a bookmark before another',
      [blockBookmark(1n), ...one],
      ['BOOKMARK 1: block 1 after its bookmark / bookmark of block 1'],
    ],
    [
      'a batch bookmark before a block',
      [batchBookmark(1n), ...one],
      ['BOOKMARK 1: batch 1 after its bookmark / bookmark of block 1'],
    ],
    [
      'a bookmark before nothing',
      [...one, blockBookmark(2n), ger(1n)],
      ['BOOKMARK 5: block 2 after its bookmark / GER update of batch 1'],
    ],
    [
      'a GER update where a batch should begin',
      [batchBookmark(1n), ger(1n)],
      ['BOOKMARK 1: batch 1 after its bookmark / GER update of batch 1'],
    ],
    [
      'a batch left out behind the first end',
      [batchEnd(1n), batchBookmark(3n), start(3n)],
      ['BATCH_NUMBER 2: batch 2 / batch 3'],
    ],
    [
      'a transaction of a block that a bookmark ended',
      [...one.slice(0, 2), blockBookmark(2n), tx(1n)],
      [
        'BOOKMARK 3: block 2 after its bookmark / a transaction',
        'TRANSACTION 3: a block before its transactions / a transaction outside a block',
      ],
    ],
    [
      'a bookmark at the end',
      [...one, blockBookmark(2n)],
      ['BOOKMARK 4: block 2 after its bookmark / the end of the entries'],
    ],
  ])('%s', (_name, inits, expected) => {
    expect(findings(inits)).toEqual(expected)
  })

  test('a gap and a repetition of entry numbers, each once', () => {
    const checker = new SequenceChecker({ generation: 'protobuf' })
    const [mark, first, second, last] = entriesFrom('protobuf', 5n, one)
    if (!mark || !first || !second || !last) throw new Error('no entries')
    expect(checker.push(mark)).toEqual([])
    expect(checker.push({ ...first, number: 8n })).toEqual([
      { code: 'ENTRY_NUMBER', entryNumber: 8n, expected: 'entry 6', found: 'entry 8' },
    ])
    expect(checker.push({ ...second, number: 8n })).toEqual([
      { code: 'ENTRY_NUMBER', entryNumber: 8n, expected: 'entry 9', found: 'entry 8' },
    ])
    expect(checker.push({ ...last, number: 9n })).toEqual([])
  })

  test('data that cannot be read, and goes on after it', () => {
    const checker = new SequenceChecker({ generation: 'protobuf' })
    const [mark, first] = entriesFrom('protobuf', 5n, one)
    if (!mark || !first) throw new Error('no entries')
    expect(checker.push({ ...mark, data: bytes(2, 0xff) })).toMatchObject([
      { code: 'UNREADABLE', entryNumber: 5n, found: expect.stringMatching(/^entry 5: datastream\.v1\.BookMark/) },
    ])
    expect(checker.push(first)).toEqual([])
    expect(checker.summary).toMatchObject({ entries: 2n, bookmarks: 0n, blocks: 1n, findings: 1n })
  })

  test('all breaks, each once', () => {
    const broken = [
      ...batch.slice(0, 3),
      block(5n, 1n),
      tx(5n),
      end(6n),
      blockBookmark(6n),
      block(6n, 1n, 6),
      end(6n),
      batchEnd(1n),
    ]
    expect(findings(broken).map((finding) => finding.split(' ')[0])).toEqual(['BOOKMARK', 'BLOCK_END', 'STATE_ROOT'])
  })
})

describe('before protobuf', () => {
  const legacy = (number: bigint, batchNumber: bigint): SequencerEntryInit => ({ kind: 'l2Block', number, batchNumber })

  test('sequencer-2023-09 has no bookmarks, and no batches without blocks', () => {
    const blocks = [legacy(1n, 1n), { kind: 'transaction' } as const, legacy(2n, 1n), legacy(3n, 4n)]
    expect(findings(blocks, 0n, 'sequencer-2023-09')).toEqual([])
    expect(findings([...blocks, legacy(4n, 3n)], 0n, 'sequencer-2023-09')).toEqual([
      'BATCH_NUMBER 4: batch 5 / batch 3',
    ])
  })

  test('pre-etrog has batches by their blocks and GER updates', () => {
    const entries = [
      blockBookmark(1n),
      legacy(1n, 1n),
      { kind: 'transaction' } as const,
      end(1n),
      ger(2n),
      blockBookmark(2n),
      legacy(2n, 3n),
    ]
    expect(findings(entries, 0n, 'pre-etrog')).toEqual([])
    expect(findings([...entries, end(2n), ger(5n)], 0n, 'pre-etrog')).toEqual(['BATCH_NUMBER 8: batch 4 / batch 5'])
  })

  test('etrog marks the first block or GER update of a batch', () => {
    const first = [batchBookmark(1n), blockBookmark(1n), legacy(1n, 1n), end(1n)]
    expect(findings([...first, batchBookmark(2n), ger(2n), blockBookmark(2n), legacy(2n, 2n)], 0n, 'etrog')).toEqual([])
    expect(findings([...first, batchBookmark(3n), blockBookmark(2n), legacy(2n, 2n)], 0n, 'etrog')).toEqual([
      'BOOKMARK 6: batch 3 after its bookmark / block 2 of batch 2',
    ])
    expect(findings([...first, blockBookmark(2n), blockBookmark(2n), legacy(2n, 2n)], 0n, 'etrog')).toEqual([
      'BOOKMARK 5: block 2 after its bookmark / bookmark of block 2',
    ])
  })
})

test('a summary counts what was seen', () => {
  const checker = new SequenceChecker({ generation: 'protobuf' })
  for (const entry of entriesFrom('protobuf', 30n, [...batch, batchBookmark(2n), start(2n), ger(2n)]))
    checker.push(entry)
  expect(checker.summary).toEqual({
    entries: 13n,
    bookmarks: 4n,
    batches: 2n,
    blocks: 2n,
    transactions: 1n,
    gerUpdates: 1n,
    firstEntry: 30n,
    lastEntry: 42n,
    firstBatch: 1n,
    lastBatch: 2n,
    firstBlock: 1n,
    lastBlock: 2n,
    findings: 0n,
  })
})
