import { describe, expect, test } from 'vitest'
import { checkFolder } from './check-folder.ts'
import { compareHistoryNames, parseHistoryFileName } from './file-name.ts'
import type { HeldBlocks, HeldEras, HeldFile } from './held-file.ts'

const hash = (seed: number): Uint8Array => new Uint8Array(32).fill(seed)

interface BlocksInput extends Partial<HeldBlocks> {
  /** Number of the file. */
  readonly era: number
  /** Tells chains apart. */
  readonly chain?: never
  readonly seed?: number
}

/** Blocks of one chain: each file follows the one before it, unless something else is given. */
function blocks({ era, seed = 0, ...rest }: BlocksInput, name = `net-0000${era}-aaaaaaaa.era1`): HeldFile {
  const content: HeldBlocks = {
    ...{ kind: 'era1', start: BigInt(era) * 8192n, count: 8192, preMergeBlocks: 8192, trusted: false },
    ...{ lastHash: hash(era + 1 + seed), columns: ['header', 'body'], found: [] },
    ...(era > 0 && { previousHash: hash(era) }),
    ...rest,
    chain: 'execution',
  }
  return { name, parsed: parseHistoryFileName(name), content }
}

function eras(
  first: number,
  last = first,
  rest: Partial<HeldEras> = {},
  name = `net-0000${first}-aaaaaaaa.era`,
): HeldFile {
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const content: HeldEras = {
    ...{ eras: numbers.map(BigInt), eraRoots: numbers.map((era) => hash(100 + era)) },
    ...(first > 0 && { previousBlockRoot: hash(first) }),
    ...{ lastBlockRoot: hash(last + 1), ...rest },
    chain: 'beacon',
  }
  return { name, parsed: parseHistoryFileName(name), content }
}

const messages = (...args: Parameters<typeof checkFolder>): readonly string[] =>
  checkFolder(...args).findings.map(({ code, message }) => `${code}: ${message}`)

describe('files of blocks', () => {
  test('without a gap are one chain; the last may be short', () => {
    const report = checkFolder([blocks({ era: 2, count: 10 }), blocks({ era: 0 }), blocks({ era: 1 })])
    expect(report).toEqual({ network: 'net', findings: [], blocks: [{ first: 0n, last: 16_393n }], eras: [] })
  })

  test('that are missing are reported as ranges, whatever the order of the files', () => {
    const report = checkFolder([blocks({ era: 5 }), blocks({ era: 0 }), blocks({ era: 2 })])
    expect(report.findings).toEqual([
      {
        code: 'MISSING',
        message: 'era 1 is missing: blocks 8192 to 16383',
        files: [],
        range: { chain: 'execution', first: 8192n, last: 16_383n },
      },
      {
        code: 'MISSING',
        message: 'eras 3 to 4 are missing: blocks 24576 to 40959',
        files: [],
        range: { chain: 'execution', first: 24_576n, last: 40_959n },
      },
    ])
    expect(report.blocks.map(({ first }) => first)).toEqual([0n, 16_384n, 40_960n])
  })

  test('that end before the next file begins leave blocks out', () => {
    expect(messages([blocks({ era: 0, count: 100 }), blocks({ era: 1 })])).toEqual([
      'MISSING: blocks 100 to 8191 are missing: net-00000-aaaaaaaa.era1 ends before them',
    ])
  })

  test('of a range that is expected', () => {
    const files = [blocks({ era: 1 }), blocks({ era: 2 })]
    expect(messages(files, { from: 1n, to: 2n })).toEqual([])
    expect(messages(files, { from: 0n, to: 4n })).toEqual([
      'MISSING: era 0 is missing: blocks 0 to 8191',
      'MISSING: eras 3 to 4 are missing: blocks 24576 to 40959',
    ])
    expect(messages([blocks({ era: 0, count: 5 })], { to: 0n })).toEqual([])
  })

  test('of any kinds cover each other', () => {
    const last = { kind: 'ere', columns: ['header', 'body', 'receipts'] } as const
    const files = [blocks({ era: 0 }), blocks({ era: 0, ...last }), blocks({ era: 1, ...last }), blocks({ era: 2 })]
    expect(messages(files)).toEqual([])
    // A file that ends at the merge beside one that goes on.
    const whole = blocks({ era: 0, preMergeBlocks: 7, ...last })
    expect(messages([blocks({ era: 0, count: 7 }), whole, blocks({ era: 1, ...last })])).toEqual([])
    // Without a merge there, it is another file, or half of one.
    expect(messages([blocks({ era: 0, count: 7 }), blocks({ era: 0, ...last }, 'whole.ere')])).toEqual([
      'DOUBLE: net-00000-aaaaaaaa.era1 and whole.ere are both of era 0, with 7 and 8192 blocks',
    ])
  })

  test('that overlap', () => {
    expect(messages([blocks({ era: 0 }), blocks({ era: 1, start: 8000n }, 'late.era1')])).toEqual([
      'OVERLAP: late.era1 begins with block 8000, net-00000-aaaaaaaa.era1 has blocks to 8191',
    ])
  })

  test('that do not verify are not missing, and no part of a chain', () => {
    const broken = { ...blocks({ era: 1 }), content: undefined }
    const { findings, blocks: runs } = checkFolder([blocks({ era: 0 }), broken, blocks({ era: 2 })])
    expect(findings).toEqual([])
    expect(runs.map(({ first, last }) => [first, last])).toEqual([
      [0n, 8191n],
      [16_384n, 24_575n],
    ])
  })

  test('twice: the same content, other content, and which of two the next file follows', () => {
    expect(messages([blocks({ era: 0 }), blocks({ era: 0 }, 'copy.era1')])).toEqual([
      'SAME_CONTENT: net-00000-aaaaaaaa.era1 and copy.era1 have the same content: era 0',
    ])
    const two = [blocks({ era: 0 }), blocks({ era: 0, seed: 50 }, 'other.era1')]
    expect(messages(two)).toEqual(['DOUBLE: net-00000-aaaaaaaa.era1 and other.era1 are both of era 0, and differ'])
    expect(messages([...two, blocks({ era: 1 })])).toEqual([
      'DOUBLE: net-00000-aaaaaaaa.era1 and other.era1 are both of era 0, and differ: the era after it follows net-00000-aaaaaaaa.era1',
    ])
    expect(messages([blocks({ era: 0 }), blocks({ era: 0, count: 4 }, 'short.era1')])).toEqual([
      'DOUBLE: short.era1 and net-00000-aaaaaaaa.era1 are both of era 0, with 4 and 8192 blocks',
    ])
  })

  test('of other profiles are not the same content', () => {
    const ere = { era: 0, kind: 'ere' } as const
    const files = [
      blocks(ere, 'net-00000-aaaaaaaa.ere'),
      blocks({ ...ere, columns: ['header'] }, 'net-00000-aaaaaaaa-noproofs.ere'),
    ]
    expect(messages(files)).toEqual([])
  })

  test('that do not follow each other', () => {
    const report = checkFolder([blocks({ era: 0 }), blocks({ era: 1, previousHash: hash(99) })])
    expect(report.findings).toMatchObject([
      { code: 'BROKEN_CHAIN', files: ['net-00000-aaaaaaaa.era1', 'net-00001-aaaaaaaa.era1'] },
    ])
    expect(report.blocks).toHaveLength(2)
  })

  test('that could not be verified are there by their names', () => {
    const bad = {
      name: 'net-00001-aaaaaaaa.era1',
      parsed: parseHistoryFileName('net-00001-aaaaaaaa.era1'),
      content: undefined,
    }
    expect(messages([blocks({ era: 0 }), bad, blocks({ era: 2 })])).toEqual([])
    expect(checkFolder([blocks({ era: 0 }), bad, blocks({ era: 2 })]).blocks).toHaveLength(2)
  })
})

describe('trust', () => {
  const known = [{ number: 16_383n, hash: hash(2), what: 'a known block' }]

  test('in a known block covers all that leads to it, and nothing after it', () => {
    const files = [blocks({ era: 0 }), blocks({ era: 1 }), blocks({ era: 2 })]
    expect(checkFolder(files, { knownBlocks: known }).blocks).toEqual([
      { first: 0n, last: 24_575n, trustedTo: 16_383n, trustedBy: 'a known block' },
    ])
    expect(checkFolder(files.slice(2), { knownBlocks: known }).blocks).toEqual([{ first: 16_384n, last: 24_575n }])
  })

  test('does not cross a gap, a file that could not be verified, or two files that differ', () => {
    const of = (...files: readonly HeldFile[]) => checkFolder(files, { knownBlocks: known }).blocks[0]?.trustedTo
    expect(of(blocks({ era: 0 }), blocks({ era: 1 }))).toBe(16_383n)
    expect(of(blocks({ era: 0 }), blocks({ era: 2 }))).toBeUndefined()
    expect(of(blocks({ era: 0 }), { ...blocks({ era: 1 }), content: undefined }, blocks({ era: 2 }))).toBeUndefined()
    expect(of(blocks({ era: 0 }), blocks({ era: 0, seed: 9 }, 'x.era1'), blocks({ era: 1 }))).toBeUndefined()
  })

  test('of a later file covers those before it', () => {
    const files = [blocks({ era: 0 }), blocks({ era: 1, trusted: true }), blocks({ era: 2 })]
    expect(checkFolder(files).blocks).toEqual([
      { first: 0n, last: 24_575n, trustedTo: 16_383n, trustedBy: 'trusted roots' },
    ])
  })

  test('in a block inside of a file', () => {
    const found = [{ number: 100n, hash: hash(77) }]
    const inside = [{ number: 100n, hash: hash(77), what: 'a known block' }]
    const files = [blocks({ era: 0, found })]
    expect(checkFolder(files, { knownBlocks: inside }).blocks[0]?.trustedTo).toBe(100n)
    const other = [{ number: 100n, hash: hash(78), what: 'a known block' }]
    expect(checkFolder(files, { knownBlocks: other }).findings).toMatchObject([
      { code: 'OTHER_NETWORK', message: expect.stringContaining('block 100 has hash 0x4d4d') },
    ])
  })

  test('in the last block before the merge of mainnet is built in', () => {
    const lastHash = Uint8Array.from(
      Buffer.from('55b11b918355b1ef9c5db810302ebad0bf2544255b530cdce90674d5887bb286', 'hex'),
    )
    const name = 'mainnet-01896-e6ebe562.era1'
    const file = blocks({ era: 1896, count: 5362, lastHash }, name)
    expect(checkFolder([file]).blocks).toEqual([
      {
        first: 15_532_032n,
        last: 15_537_393n,
        trustedTo: 15_537_393n,
        trustedBy: 'the last block before the merge of mainnet',
      },
    ])
    expect(checkFolder([blocks({ era: 1896, count: 5362 }, name)]).findings).toMatchObject([{ code: 'OTHER_NETWORK' }])
  })
})

describe('files of beacon eras', () => {
  test('of one or several eras are one chain', () => {
    expect(checkFolder([eras(3), eras(0), eras(1, 2)])).toEqual({
      ...{ network: 'net', findings: [], blocks: [] },
      eras: [{ first: 0n, last: 3n }],
    })
  })

  test('that are missing, inside or at the ends', () => {
    expect(messages([eras(1), eras(4, 5)], { from: 0n, to: 6n })).toEqual([
      'MISSING: beacon era 0 is missing',
      'MISSING: beacon eras 2 to 3 are missing',
      'MISSING: beacon era 6 is missing',
    ])
  })

  test('that overlap, are there twice, or differ', () => {
    expect(messages([eras(0, 2), eras(1)])).toEqual([
      'OVERLAP: net-00000-aaaaaaaa.era and net-00001-aaaaaaaa.era are both of beacon era 1',
    ])
    expect(messages([eras(1), eras(1, 1, {}, 'copy.era')])).toEqual([
      'SAME_CONTENT: net-00001-aaaaaaaa.era and copy.era have the same content: beacon era 1',
    ])
    const [a, b] = [eras(1, 1, { sha256: 'a' }), eras(1, 1, { sha256: 'b' }, 'copy.era')]
    expect(messages([a, b])).toEqual([
      'DOUBLE: net-00001-aaaaaaaa.era and copy.era are both of beacon era 1, in different bytes',
    ])
    const other = eras(1, 1, { eraRoots: [hash(9)] }, 'other.era')
    expect(messages([eras(1), other])).toEqual([
      'DOUBLE: net-00001-aaaaaaaa.era and other.era are both of beacon era 1, and differ',
    ])
    const knownEras = { name: 'new.era', root: (era: bigint) => hash(100 + Number(era)) }
    expect(messages([eras(1), other], { knownEras })).toEqual([
      'DOUBLE: net-00001-aaaaaaaa.era and other.era are both of beacon era 1, and differ: the state in new.era has the root of net-00001-aaaaaaaa.era',
      'WRONG_ERA: other.era: the state in new.era has another root for beacon era 1',
    ])
  })

  test('that do not follow each other, by the root of a block or of a state', () => {
    for (const wrong of [{ previousBlockRoot: hash(99) }, { previousStateRoot: hash(99) }]) {
      const files = [eras(0, 0, { stateRoot: hash(7) }), eras(1, 1, wrong)]
      expect(checkFolder(files).findings).toMatchObject([{ code: 'BROKEN_CHAIN' }])
    }
  })
})

test('files of another network than most are reported, and left out', () => {
  const files = [blocks({ era: 0 }), blocks({ era: 1 }), blocks({ era: 9 }, 'else-00009-aaaaaaaa.era1'), eras(0)]
  expect(messages(files)).toEqual(['OTHER_NETWORK: else-00009-aaaaaaaa.era1 is of else, expected net'])
  expect(messages(files, { network: 'else' })).toHaveLength(3)
  const shown = { ...blocks({ era: 2 }), network: 'mainnet' }
  expect(messages([...files.slice(0, 2), shown])).toEqual([
    'OTHER_NETWORK: net-00002-aaaaaaaa.era1 is of mainnet, expected net',
  ])
})

test('names sort by chain, network, kind and number, not by their letters', () => {
  const names = [
    'net-100000-aaaaaaaa.era1',
    'net-00002-aaaaaaaa.era1',
    'net-00001-bbbbbbbb.era',
    'readme',
    'a-00005-cccccccc.era1',
  ]
  expect(names.sort(compareHistoryNames)).toEqual([
    'a-00005-cccccccc.era1',
    'net-00002-aaaaaaaa.era1',
    'net-100000-aaaaaaaa.era1',
    'net-00001-bbbbbbbb.era',
    'readme',
  ])
})
