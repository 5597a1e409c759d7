import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fromBytes, openEra, openEra1, toBytes } from '@datastreamer/e2store'
import { EraWriter, eraNameOf, verifyEra } from '@datastreamer/e2store/era'
import { openFile } from '@datastreamer/e2store/node'
import { hasVectors, readVector, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf } from './cli.ts'
import { writeEmptyEras, writeSmallEra1, writeWith } from './e2store-files.ts'

/** Lines of what is wrong with all files together. */
const failures = (stdout: string): readonly string[] => stdout.match(/^FAILED.*$/gm) ?? []

/** Give an .era1 the name of its content. */
async function named(path: string, era: string, network = 'test'): Promise<string> {
  const source = await openFile(path)
  const { accumulator = new Uint8Array(0) } = await openEra1(source)
  await source.close()
  const name = `${network}-${era}-${Buffer.from(accumulator.subarray(0, 4)).toString('hex')}.era1`
  const to = path.replace(/[^/]*$/, name)
  renameSync(path, to)
  return to
}

describe('e2store verify of a folder', () => {
  test('takes the e2store files in it, in the order in which they follow each other', async () => {
    using dir = tempDir()
    await writeEmptyEras(dir.path, 'test', 12)
    writeFileSync(dir.join('checksums.txt'), '')
    mkdirSync(dir.join('below'))
    const lines = await jsonOf('e2store', 'verify', dir.path)
    expect(lines.slice(0, -1).map(({ eras }) => eras)).toEqual(Array.from({ length: 12 }, (_, i) => [String(i)]))
    expect(lines.slice(2, -1).every(({ followsPrevious }) => followsPrevious)).toBe(true)
    expect(lines.at(-1)).toMatchObject({ all: true, ok: true, network: 'test', findings: [] })
  })

  test('without such files fails', async () => {
    using dir = tempDir()
    const { status, stderr } = await datastreamer('e2store', 'verify', dir.path)
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no e2store file in this folder')])
  })

  test('says what is missing, also of files that are named one by one, and ends with status 1', async () => {
    using dir = tempDir()
    const files = await writeEmptyEras(dir.path, 'test', 6)
    const some = [files[0], files[2], files[5]] as string[]
    const { status, stdout } = await datastreamer('e2store', 'verify', ...some)
    expect(failures(stdout)).toEqual([
      'FAILED  beacon era 1 is missing (MISSING)',
      'FAILED  beacon eras 3 to 4 are missing (MISSING)',
    ])
    expect(status).toBe(1)
    const json = await datastreamer('e2store', 'verify', ...some, '--json')
    expect(JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      ok: false,
      findings: [
        { code: 'MISSING', range: { chain: 'beacon', first: '1', last: '1' } },
        { code: 'MISSING', range: { chain: 'beacon', first: '3', last: '4' } },
      ],
    })
  })

  test('says which files of a list of checksums are not in it', async () => {
    using dir = tempDir()
    const [first = ''] = await writeEmptyEras(dir.path, 'test', 1)
    const hash = createHash('sha256').update(readFileSync(first)).digest('hex')
    const list = dir.join('checksums.txt')
    writeFileSync(list, `${hash}  ${basename(first)}\n${'0'.repeat(64)}  test-00001-01234567.era\n`)
    const folder = await datastreamer('e2store', 'verify', dir.path, '--checksums', list)
    expect([folder.status, folder.stderr]).toEqual([
      0,
      expect.stringContaining('not there: 1 file of the list, "test-00001-01234567.era"'),
    ])
    const named = await datastreamer('e2store', 'verify', first, '--checksums', list)
    expect([named.status, named.stderr]).toEqual([0, expect.not.stringContaining('not there')])
  })

  test('says what is missing of a range that is expected', async () => {
    using dir = tempDir()
    const files = await writeEmptyEras(dir.path, 'test', 3)
    const ask = async (...args: readonly string[]) => {
      const { status, stdout } = await datastreamer('e2store', 'verify', ...files, ...args)
      return [status, ...failures(stdout)]
    }
    expect(await ask('--from', '0', '--to', '2')).toEqual([0])
    expect(await ask('--from', '0', '--to', '4')).toEqual([1, 'FAILED  beacon eras 3 to 4 are missing (MISSING)'])
  })

  test('says what is there twice, and what is of another network', async () => {
    using dir = tempDir()
    const [era1 = '', other = ''] = [await writeSmallEra1(dir.join('a'), 3), await writeSmallEra1(dir.join('b'), 4)]
    const [a, b] = [await named(era1, '00000'), await named(other, '00000')]
    const copy = dir.join('copy.era1')
    copyFileSync(a, copy)
    const c = await named(await writeSmallEra1(dir.join('c'), 5), '00000', 'else')
    const { status, stdout } = await datastreamer('e2store', 'verify', a, b, copy, c)
    expect(failures(stdout).map((line) => line.replaceAll(dir.path, ''))).toEqual([
      `FAILED  /${basename(c)} is of else, expected test (OTHER_NETWORK)`,
      `FAILED  /${basename(a)} and /copy.era1 have the same content: era 0 (SAME_CONTENT)`,
      `FAILED  /${basename(a)} and /${basename(b)} are both of era 0, with 3 and 4 blocks (DOUBLE)`,
      `FAILED  /copy.era1 and /${basename(b)} are both of era 0, with 3 and 4 blocks (DOUBLE)`,
    ])
    expect(status).toBe(1)
  })

  test('a name of a network that the content is not of fails, of a single file too', async () => {
    using dir = tempDir()
    const blocks = await named(await writeSmallEra1(dir.join('a'), 3), '00000', 'sepolia')
    const [era = ''] = await writeEmptyEras(dir.path, 'hoodi', 1)
    const verify = async (...args: readonly string[]) => {
      const { status, stdout } = await datastreamer('e2store', 'verify', ...args)
      return [status, failures(stdout).join()]
    }
    expect(await verify(blocks)).toEqual([1, expect.stringMatching(/block 0 has hash .*WRONG_NETWORK/)])
    expect(await verify(era)).toEqual([1, expect.stringMatching(/a network that is not known, expected hoodi.*WRONG_/)])
    const free = await named(blocks, '00000', 'other')
    expect(await verify(free)).toEqual([0, ''])
    expect(await verify(free, '--network', 'holesky')).toEqual([
      1,
      expect.stringMatching(/is of other, expected holesky/),
    ])
    expect(await verify(free, '--network', 'sepolia')).toEqual([1, expect.stringMatching(/block 0 has hash/)])
  })

  test('a range that ends before it begins is a wrong call', async () => {
    const { status, stderr } = await datastreamer('e2store', 'verify', 'x.era1', '--from', '2', '--to', '1')
    expect([status, stderr]).toEqual([2, expect.stringContaining('--from 2 is after --to 1')])
  })

  test('a file that does not verify is there, but fails', async () => {
    using dir = tempDir()
    const files = await writeEmptyEras(dir.path, 'test', 3)
    writeFileSync(files[1] ?? '', 'nothing')
    const { status, stdout } = await datastreamer('e2store', 'verify', dir.path)
    expect([status, failures(stdout).length]).toEqual([1, 1])
    expect(stdout).toContain(`FAILED  ${files[1]}: `)
  })

  test('an era of another chain between two is found, whatever the order of the files', async () => {
    using dir = tempDir()
    const [zero = '', one = '', two = ''] = await writeEmptyEras(dir.path, 'test', 3)
    mkdirSync(dir.join('other'))
    const [, otherOne = ''] = await writeEmptyEras(dir.join('other'), 'test', 3, 9)
    const right = await datastreamer('e2store', 'verify', two, zero, one)
    expect([right.status, failures(right.stdout)]).toEqual([0, []])
    const { status, stdout } = await datastreamer('e2store', 'verify', two, zero, otherOne)
    expect([status, failures(stdout)]).toEqual([1, [expect.stringContaining('(BROKEN_CHAIN)')]])
  })
})

test('a trusted state of a network that is not known is a wrong call', async () => {
  using dir = tempDir()
  const era = await writeWith(dir.join('a.era'), async (sink) => {
    const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 64 })
    await writer.finish(new Uint8Array(10_000))
  })
  const { status, stderr } = await datastreamer('e2store', 'verify', era, '--history-roots', era)
  expect([status, stderr]).toEqual([2, expect.stringContaining('a network that is not known (--network)')])
})

describe.skipIf(!hasVectors('e2store'))('eras of a small chain', () => {
  function unpack(dir: { join(name: string): string }): { readonly files: string[]; readonly network: string } {
    const names = ['00000-456b6b12', '00001-22330142', '00002-f0ac05a9', '00004-0bf8b751', '00005-11edfb1b']
    const files = [...names, '00006-37f9ceca', '00007-59bce588'].map((name) => {
      const path = dir.join(`e2mini-${name}.era`)
      writeFileSync(path, readVector('e2store', 'mini', `e2mini-${name}.era.gz`))
      return path
    })
    const { chain } = JSON.parse(new TextDecoder().decode(readVector('e2store', 'mini', 'facts.json')))
    const forks = Object.entries<string>(chain.forkVersions).flatMap(([name, version]) => {
      const epoch = name === 'phase0' ? 0 : chain.forkEpochs[name]
      return epoch === undefined ? [] : [{ name, epoch, version }]
    })
    const network = dir.join('network.json')
    const { config, preset, genesisValidatorsRoot } = chain
    writeFileSync(network, JSON.stringify({ config, preset, genesisValidatorsRoot, forks }))
    return { files, network }
  }

  test('are as a trusted later state says; the gap between them is said', async () => {
    using dir = tempDir()
    const { files, network } = unpack(dir)
    const args = ['--network', network, '--no-signatures']
    const last = files.at(-1) ?? ''
    const { status, stdout } = await datastreamer('e2store', 'verify', ...files, ...args, '--history-roots', last)
    expect(stdout.match(/as the trusted state says/g)).toHaveLength(files.length)
    expect([status, failures(stdout)]).toEqual([1, ['FAILED  beacon era 3 is missing (MISSING)']])
    const early = await datastreamer('e2store', 'verify', ...files, ...args, '--history-roots', files[2] ?? '')
    expect(early.stdout.match(/later than the trusted state/g)).toHaveLength(4)
  })

  /** Another era 2 that verifies in itself: one state root, of a slot without a block, is changed. */
  async function forgeEra2(file: string, folder: string): Promise<string> {
    const era = await openEra(fromBytes(readFileSync(file)))
    const state = await era.state(128n)
    const at = 176 + 32 * 64 + 32 * (100 - 64)
    state[at] = (state[at] ?? 0) ^ 1
    const write = async (): Promise<Uint8Array> => {
      const sink = toBytes()
      const writer = await EraWriter.begin(sink, { era: 2n, slotsPerEra: 64 })
      for await (const { ssz } of era.blocks()) await writer.block(ssz)
      await writer.finish(state)
      return sink.bytes()
    }
    const old = await verifyEra(era)
    const { eraRoot } = await verifyEra(await openEra(fromBytes(await write())))
    state.set(eraRoot, Buffer.from(state).indexOf(old.eraRoot))
    const bytes = await write()
    const path = `${folder}/${await eraNameOf(await openEra(fromBytes(bytes)), 'e2mini')}`
    writeFileSync(path, bytes)
    return path
  }

  test('of which one is there twice: the newest state decides which is right', async () => {
    using dir = tempDir()
    const { files, network } = unpack(dir)
    const [zero = '', one = '', two = '', last = ''] = files
    const forged = await forgeEra2(two, dir.path)
    const args = ['--network', network, '--no-signatures', '--full']
    const { status, stdout } = await datastreamer('e2store', 'verify', zero, one, two, forged, last, ...args)
    expect(stdout.match(/^ok /gm)).toHaveLength(5)
    const [short, right] = [basename(forged), basename(two)]
    expect(failures(stdout.replaceAll(`${dir.path}/`, ''))).toEqual([
      `FAILED  ${right} and ${short} are both of beacon era 2, and differ: ` +
        `the state in ${basename(last)} has the root of ${right} (DOUBLE)`,
      `FAILED  ${short}: the state in ${basename(last)} has another root for beacon era 2 (WRONG_ERA)`,
      'FAILED  beacon era 3 is missing (MISSING)',
    ])
    expect(status).toBe(1)
    const alone = await datastreamer('e2store', 'verify', zero, one, two, forged, ...args)
    expect(failures(alone.stdout)).toEqual([expect.stringMatching(/era 2, and differ \(DOUBLE\)$/)])
  })
})
