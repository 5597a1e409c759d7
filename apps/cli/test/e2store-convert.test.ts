import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { blockOf, writeInvalidEra, writeRecords, writeSmallEra1 } from './e2store-files.ts'

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('e2store cat', () => {
  test('prints records, with their data on demand', async () => {
    using dir = tempDir()
    const file = await writeRecords(dir.join('a.e2s'), [0x2232])
    expect(await linesOf('e2store', 'cat', file)).toEqual([
      '              0  6532              0 B  Version',
      '              8  2232              3 B',
    ])
    expect(await jsonOf('e2store', 'cat', file, '--records', '--data')).toEqual([
      { position: 0, type: '6532', name: 'Version', length: 0, data: '0x' },
      { position: 8, type: '2232', name: null, length: 3, data: '0x323232' },
    ])
  })

  test('prints blocks of an execution chain, all or one', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3)
    const blocks = await jsonOf('e2store', 'cat', file, '--blocks')
    expect(blocks.map(({ number }) => number)).toEqual(['0', '1', '2'])
    expect(blocks[2]).toMatchObject({ header: { parentHash: blocks[1]?.hash }, totalDifficulty: '15' })
    expect(await jsonOf('e2store', 'cat', file, '--block', '1')).toEqual([blocks[1]])
    expect(await linesOf('e2store', 'cat', file, '--block', '1')).toEqual([
      expect.stringMatching(/^block {9}1 {2}2015-07-30 15:26:14 {2}0x[0-9a-f]{16}\.\.\. {5}0 txs$/),
    ])
  })

  test('prints blocks of the beacon chain by slot', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 2n, [1, 6])
    expect((await jsonOf('e2store', 'cat', file, '--blocks')).map(({ slot }) => slot)).toEqual(['65', '70'])
    const [block] = await jsonOf('e2store', 'cat', file, '--slot', '70')
    expect(block?.ssz).toBe(`0x${Buffer.from(blockOf(70n)).toString('hex')}`)
    expect(await linesOf('e2store', 'cat', file, '--slot', '70')).toHaveLength(1)
  })

  test.each([
    [['--slot', '66'], 1, 'has no block of slot 66'],
    [['--slot', '9999'], 1, 'has no block of slot 9999'],
    [['--block', '66'], 2, 'looked up by slot'],
    [['--blocks', '--slot', '65'], 2, 'name one of'],
  ])('%j of an .era ends with status %i', async (args, expected, why) => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 2n, [1])
    const { status, stderr } = await datastreamer('e2store', 'cat', file, ...args)
    expect([status, stderr]).toEqual([expected, expect.stringContaining(why)])
  })

  test('of what has no blocks is a wrong call', async () => {
    using dir = tempDir()
    const { status, stderr } = await datastreamer(
      'e2store',
      'cat',
      await writeRecords(dir.join('a.e2s'), []),
      '--blocks',
    )
    expect([status, stderr]).toEqual([2, expect.stringContaining('has no blocks to print')])
  })
})

describe('e2store index', () => {
  test('makes an index of any layout, and converts between them', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 2n, [1, 6, 63])
    await linesOf('e2store', 'index', file)
    const made = readFileSync(dir.join('a.e2i'))
    for (const generation of ['0', '1', '2']) {
      const out = dir.join(`${generation}.e2i`)
      await linesOf('e2store', 'index', file, '--generation', generation, '--out', out)
      const [info] = await jsonOf('e2store', 'info', out, '--data', file)
      expect(info).toMatchObject({
        kind: 'e2i',
        layout: Number(generation),
        firstSlot: '65',
        lastSlot: '127',
        slots: 63,
        emptySlots: 60,
      })
      expect((await jsonOf('e2store', 'verify', out, '--data', file))[0]).toMatchObject({ compared: true })
      await linesOf('e2store', 'index', file, '--convert', out, '--out', dir.join('back.e2i'), '--force')
      expect(readFileSync(dir.join('back.e2i')).equals(made)).toBe(true)
    }
    expect(await linesOf('e2store', 'cat', dir.join('1.e2i'))).toHaveLength(63)
    const again = await datastreamer('e2store', 'index', file)
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('--force replaces it')])
  })

  test('of another file is found out', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 2n, [1, 6])
    const other = await writeInvalidEra(dir.join('b.era'), 3n, [9])
    await linesOf('e2store', 'index', file)
    const { status, stderr } = await datastreamer('e2store', 'index', other, '--convert', dir.join('a.e2i'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('a.e2i: open: ')])
    expect((await datastreamer('e2store', 'verify', dir.join('a.e2i'), '--data', other)).status).toBe(1)
  })

  test('of a file without blocks fails', async () => {
    using dir = tempDir()
    const file = await writeRecords(dir.join('a.e2s'), [0x2232])
    const { status, stderr } = await datastreamer('e2store', 'index', file)
    expect([status, stderr]).toEqual([1, expect.stringContaining('BAD_INDEX')])
    expect(existsSync(dir.join('a.e2i'))).toBe(false)
  })
})

describe('e2store split and merge', () => {
  test('an .era into its eras, named by their content, and back', async () => {
    using dir = tempDir()
    const files = [
      await writeInvalidEra(dir.join('1.era'), 1n, [2]),
      await writeInvalidEra(dir.join('2.era'), 2n, [0, 9]),
    ]
    await linesOf('e2store', 'merge', ...files, '--out', dir.join('both.era'))
    expect((await jsonOf('e2store', 'info', dir.join('both.era')))[0]?.groups).toHaveLength(2)
    const parts = await linesOf(
      'e2store',
      'split',
      dir.join('both.era'),
      '--out',
      dir.join('parts'),
      '--network',
      'test',
    )
    expect(parts).toEqual([1, 2].map((era) => expect.stringMatching(new RegExp(`test-0000${era}-[0-9a-f]{8}\\.era$`))))
    expect(parts.map((part) => sha256(part))).toEqual(files.map((file) => sha256(file)))
    expect((await jsonOf('e2store', 'info', parts[0] ?? ''))[0]).toMatchObject({ name: { result: 'fits' } })
    const again = await datastreamer(
      'e2store',
      'split',
      dir.join('both.era'),
      '--out',
      dir.join('parts'),
      '--network',
      'test',
    )
    expect(again.status).toBe(2)
  })

  test('an index that marks empty slots by positions in another era is repaired in the parts, which is said', async () => {
    using dir = tempDir()
    const files = [
      await writeInvalidEra(dir.join('1.era'), 1n, [2]),
      await writeInvalidEra(dir.join('2.era'), 2n, [0, 9]),
    ]
    const bytes = Buffer.concat(files.map((file) => readFileSync(file)))
    const index = bytes.length - 32 - 24 - 8 * 64
    for (const slot of [5, 63]) bytes.writeBigInt64LE(BigInt(-index), index + 16 + 8 * slot)
    writeFileSync(dir.join('both.era'), bytes)
    const split = ['split', dir.join('both.era'), '--out', dir.join('parts'), '--network', 'test']
    const { status, stdout, stderr } = await datastreamer('e2store', ...split)
    expect(status).toBe(0)
    const parts = stdout.trimEnd().split('\n')
    expect(parts.map((part) => sha256(part))).toEqual(files.map((file) => sha256(file)))
    expect(stderr).toMatch(
      /^test-00002-[0-9a-f]{8}\.era: 2 empty slots no longer marked by a position in another era$/m,
    )
    const merged = await datastreamer('e2store', 'merge', dir.join('both.era'), '--out', dir.join('again.era'))
    expect([merged.status, merged.stderr]).toEqual([0, expect.stringContaining('2 empty slots no longer marked')])
    expect(readFileSync(dir.join('again.era'))).toEqual(Buffer.concat(files.map((file) => readFileSync(file))))
  })

  test('the same era twice is not split into files of one name', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 1n, [2])
    writeFileSync(dir.join('twice.era'), Buffer.concat([readFileSync(file), readFileSync(file)]))
    const split = ['split', dir.join('twice.era'), '--out', dir.join('parts'), '--network', 'test']
    const { status, stderr } = await datastreamer('e2store', ...split)
    expect([status, stderr]).toEqual([2, expect.stringContaining('two parts would be named test-00001-')])
    expect(existsSync(dir.join('parts'))).toBe(false)
  })

  test('a name from outside leads nowhere', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 1n, [2])
    for (const network of ['../up', '/abs', '.', '']) {
      const { status } = await datastreamer('e2store', 'split', file, '--out', dir.join('parts'), '--network', network)
      expect([network, status]).toEqual([network, 2])
    }
    expect((await datastreamer('e2store', 'split', file, '--out', dir.join('parts'))).stderr).toContain(
      'name it with --network',
    )
  })

  test('an .e2s where parts were joined, or by size', async () => {
    using dir = tempDir()
    const files = [
      await writeRecords(dir.join('a.e2s'), [0x2232, 0x2233]),
      await writeRecords(dir.join('b.e2s'), [0x4444]),
    ]
    const joined = dir.join('c.e2s')
    await linesOf('e2store', 'merge', ...files, '--out', joined)
    const parts = await linesOf('e2store', 'split', joined, '--out', dir.join('p'))
    expect(parts.map((part) => sha256(part))).toEqual(files.map((file) => sha256(file)))
    const small = await linesOf('e2store', 'split', joined, '--out', dir.join('q'), '--max-bytes', '20')
    expect(small).toHaveLength(3)
    expect((await datastreamer('e2store', 'verify', ...small)).status).toBe(0)
  })

  test('what does not follow, or is of different kinds, is not joined, and nothing is left', async () => {
    using dir = tempDir()
    const [one, three] = [
      await writeInvalidEra(dir.join('1.era'), 1n, [2]),
      await writeInvalidEra(dir.join('3.era'), 3n, [0]),
    ]
    const records = await writeRecords(dir.join('a.e2s'), [0x2232])
    const era1 = await writeSmallEra1(dir.join('a.era1'), 2)
    for (const [files, expected] of [
      [[one, three], 1],
      [[one, records], 2],
      [[era1, era1], 2],
    ] as const) {
      const { status } = await datastreamer('e2store', 'merge', ...files, '--out', dir.join('out'))
      expect(status).toBe(expected)
      expect([existsSync(dir.join('out')), existsSync(dir.join('out.partial'))]).toEqual([false, false])
    }
    expect((await datastreamer('e2store', 'split', era1, '--out', dir.join('p'))).status).toBe(2)
  })
})
