import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { hasVectors, readVector, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import {
  type ArchiveKind,
  type ArchiveProfile,
  executionArchiveNameOf,
  verifyArchive,
  writeEra1,
  writeEre,
} from '../src/execution.ts'
import { fromBytes, openEra1, openEre, toBytes } from '../src/index.ts'
import { type ConvertFileOptions, convertFile } from '../src/mirror.ts'
import { openFile } from '../src/node.ts'
import { flipped, sha256Of } from './support/history-folder.ts'
import { madeChain } from './support/made-blocks.ts'

const BLOCKS = 5
const log = { address: new Uint8Array(20).fill(9), topics: [new Uint8Array(32).fill(8)], data: Uint8Array.of(1) }
const receipt = { type: 0, outcome: true, cumulativeGasUsed: 21_000n, logs: [log] }
const blocks = Array.from({ length: BLOCKS }, (_, i) => ({
  difficulty: BigInt(i + 1),
  transactions: [Uint8Array.of(0xc1, i + 1)],
  receipts: [receipt],
}))

/** An `.era1` of some blocks, and its name. */
async function era1(): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  const sink = toBytes()
  await writeEra1(sink, madeChain(blocks))
  const bytes = sink.bytes()
  return { name: await executionArchiveNameOf(await openEra1(fromBytes(bytes)), 'mainnet'), bytes }
}

async function convert(from: string, to: ArchiveKind, out: string, options: ConvertFileOptions = {}): Promise<string> {
  const { path, wasThere } = await convertFile(from, to, out, { blocks: BLOCKS, ...options })
  expect(wasThere).toBe(false)
  return path
}

const bytesOf = (path: string): string => sha256Of(readFileSync(path))

describe('a converted file', () => {
  test('has the same blocks as an .ere and as an .e2hs, from which the same .era1 comes', async () => {
    using dir = tempDir()
    const { name, bytes } = await era1()
    writeFileSync(dir.join(name), bytes)
    const ere = await convert(dir.join(name), 'ere', dir.path)
    const e2hs = await convert(dir.join(name), 'e2hs', dir.path)
    expect(basename(ere)).toMatch(/^mainnet-00000-[0-9a-f]{8}\.ere$/)
    expect(basename(e2hs)).toBe(basename(ere).replace(/ere$/, 'e2hs'))
    for (const [i, from] of [ere, e2hs].entries()) {
      const out = dir.join(`back-${i}`)
      mkdirSync(out)
      expect(bytesOf(await convert(from, 'era1', out))).toBe(sha256Of(bytes))
      expect(bytesOf(await convert(from, 'ere', out))).toBe(bytesOf(ere))
      expect(bytesOf(await convert(from, 'e2hs', out))).toBe(bytesOf(e2hs))
    }
  })

  test.each<[readonly ArchiveProfile[], string, readonly string[]]>([
    [['noproofs'], '-noproofs', ['receipts', 'totalDifficulty']],
    [['noreceipts'], '-noreceipts', ['totalDifficulty', 'proof']],
    [['noproofs', 'noreceipts'], '-noproofs-noreceipts', ['totalDifficulty']],
  ])('omits %j', async (profile, suffix, rest) => {
    using dir = tempDir()
    const { name, bytes } = await era1()
    writeFileSync(dir.join(name), bytes)
    const whole = await convert(dir.join(name), 'ere', dir.path)
    const less = await convert(whole, 'ere', dir.path, { profile })
    expect(basename(less)).toBe(basename(whole).replace('.ere', `${suffix}.ere`))
    await using file = await openFile(less)
    const { columns } = await openEre(file)
    expect(columns).toEqual(['header', 'body', ...rest])
  })

  test('has the proofs that can be made, and the name of an .ere where it was an .erae', async () => {
    using dir = tempDir()
    const sink = toBytes()
    await writeEre(sink, madeChain(blocks, { slim: true }), { columns: ['receipts', 'totalDifficulty'] })
    const name = await executionArchiveNameOf(await openEre(fromBytes(sink.bytes())), 'mainnet')
    const published = dir.join(name.replace('-noproofs.ere', '.erae'))
    writeFileSync(published, sink.bytes())
    const proven = await convert(published, 'ere', dir.path)
    expect(basename(proven)).toBe(name.replace('-noproofs', ''))
    await using file = await openFile(proven)
    expect((await verifyArchive(await openEre(file))).preMergeBlocks).toBe(BLOCKS)
    const named = await convert(published, 'ere', dir.path, { profile: ['noproofs'] })
    expect([basename(named), bytesOf(named)]).toEqual([name, sha256Of(sink.bytes())])
  })

  test('replaces nothing', async () => {
    using dir = tempDir()
    const { name, bytes } = await era1()
    writeFileSync(dir.join(name), bytes)
    const path = await convert(dir.join(name), 'ere', dir.path)
    expect(await convertFile(dir.join(name), 'ere', dir.path)).toEqual({ path, wasThere: true })
    writeFileSync(path, 'mine')
    await expect(convertFile(dir.join(name), 'ere', dir.path)).rejects.toMatchObject({ code: 'NOT_OURS' })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  test('is not made of a damaged file, nor of one with a wrong name', async () => {
    using dir = tempDir()
    const { name, bytes } = await era1()
    writeFileSync(dir.join(name), flipped(bytes))
    await expect(convertFile(dir.join(name), 'ere', dir.path)).rejects.toMatchObject({ code: 'BAD_CHECKSUM' })
    const wrong = name.replace(/-[0-9a-f]{8}\./, '-12345678.')
    writeFileSync(dir.join(wrong), bytes)
    await expect(convertFile(dir.join(wrong), 'ere', dir.path)).rejects.toMatchObject({ code: 'WRONG_NAME' })
    expect(readdirSync(dir.path).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      [name, wrong].sort((a, b) => (a < b ? -1 : 1)),
    )
  })

  test('is not made of one that lacks what it needs', async () => {
    using dir = tempDir()
    const sink = toBytes()
    const merged = [{ difficulty: 0n, withdrawals: [], header: { baseFeePerGas: 7n } } as const]
    await writeEre(sink, madeChain(merged, { start: 15_540_224n, slim: true }), { columns: ['receipts'] })
    const name = await executionArchiveNameOf(await openEre(fromBytes(sink.bytes())), 'mainnet')
    writeFileSync(dir.join(name), sink.bytes())
    const why = (to: ArchiveKind, options: ConvertFileOptions = {}): Promise<string> =>
      convertFile(dir.join(name), to, dir.path, options).then(
        ({ path }) => path,
        (error) => `${error.code}: ${error.message}`,
      )
    expect(await why('era1')).toBe('CANNOT_CONVERT: the .ere cannot become an .era1: it has blocks after the merge')
    expect(await why('e2hs')).toMatch(/^CANNOT_CONVERT: .*has no proofs, and they cannot be made/)
    expect(await why('ere', { profile: [] })).toMatch(/^CANNOT_CONVERT: .*has no proofs/)
    expect(await why('ere', { profile: ['noproofs', 'noreceipts'] })).toMatch(/-noproofs-noreceipts\.ere$/)
    writeFileSync(dir.join('unnamed'), sink.bytes())
    await expect(convertFile(dir.join('unnamed'), 'ere', dir.path)).rejects.toMatchObject({ code: 'NO_NETWORK' })
  })
})

describe.skipIf(!hasVectors('e2store/field'))('of a file whose index has other columns first', () => {
  test('the order of the specification is written', async () => {
    using dir = tempDir()
    const name = 'mainnet-00000-2d33dc73.ere'
    writeFileSync(dir.join(name), readVector('e2store/field/index-order', name))
    mkdirSync(dir.join('out'))
    await using file = await openFile((await convertFile(dir.join(name), 'ere', dir.join('out'))).path)
    const { deviations } = await verifyArchive(await openEre(file), { name })
    expect(deviations).toEqual([])
  })
})

describe.skipIf(!hasVectors('e2store/big') || !hasVectors('e2store/real'))('of files that other programs wrote', () => {
  test('an .era1 becomes the .ere and the .e2hs that they made of it, and each of these the .era1', async () => {
    using dir = tempDir()
    const name = 'mainnet-00000-5ec1ffb8.era1'
    const bytes = readVector('e2store/real', `${name}.gz`)
    writeFileSync(dir.join(name), bytes)
    for (const kind of ['ere', 'e2hs'] as const) {
      const { path } = await convertFile(dir.join(name), kind, dir.path)
      expect(basename(path)).toBe(`mainnet-00000-a6860fef.${kind}`)
      expect(bytesOf(path)).toBe(sha256Of(readVector('e2store/big', `${basename(path)}.gz`)))
      mkdirSync(dir.join(kind))
      expect(bytesOf((await convertFile(path, 'era1', dir.join(kind))).path)).toBe(sha256Of(bytes))
    }
  })
})
