import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { eraNameOf } from '../src/era.ts'
import { fromBytes, openEra } from '../src/index.ts'
import { planMirror, runMirror } from '../src/mirror.ts'
import { folderLocation } from '../src/node.ts'
import { checksumList, eraFiles, flipped, sha256Of, writeFolder } from './support/history-folder.ts'
import { tinyChain } from './support/tiny-chain.ts'

const files = await eraFiles(5)
const names = [...files.keys()]
const bytesOf = (name: string | undefined): Uint8Array => files.get(name ?? '') ?? new Uint8Array(0)
const without = (...numbers: readonly number[]): Map<string, Uint8Array> =>
  new Map([...files].filter((_, i) => !numbers.includes(i)))

describe('the plan of a mirror', () => {
  test('has each file once, its size, and what is missing', async () => {
    using dir = tempDir()
    writeFolder(dir.join('from'), without(1, 4))
    writeFolder(dir.join('to'), new Map())
    const plan = await planMirror([folderLocation(dir.join('from'))], dir.join('to'))
    expect(plan.files.map(({ name, size, work }) => [name, size, work])).toEqual(
      [...without(1, 4)].map(([name, bytes]) => [name, bytes.length, 'fetch']),
    )
    expect(plan.gaps).toEqual([
      { series: 'tiny .era', first: 1, last: 1 },
      { series: 'tiny .era', first: 4, last: 4 },
    ])
    expect(plan.missingBytes).toBe([...without(1, 4).values()].reduce((sum, { length }) => sum + length, 0))
    expect(plan.freeBytes).toBeGreaterThan(0)
  })

  test('has what only one of the locations has, and says where they differ', async () => {
    using dir = tempDir()
    const [first, second] = names
    writeFolder(dir.join('a'), without(1))
    writeFolder(dir.join('b'), new Map(without(2)).set(first ?? '', bytesOf(first).slice(0, 100)))
    writeFolder(dir.join('to'), new Map())
    const locations = [folderLocation(dir.join('a')), folderLocation(dir.join('b'))]
    const plan = await planMirror(locations, dir.join('to'))
    expect(plan.gaps).toEqual([])
    expect(plan.files.map(({ name }) => name)).toEqual(names)
    expect(plan.files.find(({ name }) => name === second)?.offers).toEqual([
      { location: 1, size: bytesOf(second).length, sha256: undefined },
    ])
    expect(plan.notes).toEqual([expect.stringMatching(/^tiny-00000-.*: locations differ in its size: .* 100 at /)])
  })

  test('does without a list that is longer than any, and says so', async () => {
    using dir = tempDir()
    writeFolder(dir.join('from'), files)
    writeFileSync(dir.join('from', 'checksums.txt'), '')
    truncateSync(dir.join('from', 'checksums.txt'), 16_777_217)
    const plan = await planMirror([folderLocation(dir.join('from'))], dir.join('to'))
    expect(plan.files.map(({ name }) => name)).toEqual(names)
    expect(plan.notes).toEqual([expect.stringMatching(/from: not used: .*checksums\.txt has 16777217 bytes/)])
  })

  test('reports several files of one number', async () => {
    using dir = tempDir()
    const twin = `${names[2]?.slice(0, 11)}00000000.era`
    writeFolder(dir.join('from'), new Map(files).set(twin, bytesOf(names[2])))
    writeFolder(dir.join('to'), new Map())
    const { doubles } = await planMirror([folderLocation(dir.join('from'))], dir.join('to'))
    expect(doubles).toEqual([{ series: 'tiny .era', number: 2, names: [twin, names[2]] }])
  })

  test.each([
    ['all', { first: 2, last: 4 }, [2, 3, 4], []],
    ['from one on', { first: 4 }, [4, 5], []],
    ['more than there are', { first: 4, last: 9 }, [4, 5], [{ series: 'tiny .era', first: 6, last: 9 }]],
  ])('takes a range of numbers: %s', async (_, numbers, expected, gaps) => {
    using dir = tempDir()
    writeFolder(dir.join('from'), files)
    writeFolder(dir.join('to'), new Map())
    const plan = await planMirror([folderLocation(dir.join('from'))], dir.join('to'), { numbers })
    expect(plan.files.map(({ name }) => name)).toEqual(expected.map((i) => names[i]))
    expect(plan.gaps).toEqual(gaps)
  })

  test('uses no name that leads out of the folder or is no name of history', async () => {
    using dir = tempDir()
    writeFolder(dir.join('to'), new Map())
    const hostile = [
      '../tiny-00000-00000000.era',
      '..-00000-00000000.era',
      '-rf-00000-00000000.era',
      'a b-00000-00000000.era',
      'x.era',
      '.bashrc',
      'tiny-00000-00000000.era\u001b[2J',
    ]
    const location = {
      ...folderLocation(dir.path),
      list: async () => hostile.map((name) => ({ name, size: 1 })),
    }
    await expect(planMirror([location], dir.join('to'))).rejects.toMatchObject({ code: 'NOTHING_LISTED' })
  })

  test('a list without names gives each file its hash only if it has a line for each from 0 on', async () => {
    using dir = tempDir()
    const nameless = (map: ReadonlyMap<string, Uint8Array>): string =>
      [...map.values()].map((bytes) => `0x${sha256Of(bytes)}`).join('\n')
    writeFolder(dir.join('from'), files)
    writeFolder(dir.join('to'), new Map())
    const location = folderLocation(dir.join('from'))
    writeFileSync(dir.join('from', 'checksums.txt'), nameless(files))
    const whole = await planMirror([location], dir.join('to'))
    expect(whole.files.map(({ offers }) => offers[0]?.sha256)).toEqual([...files.values()].map(sha256Of))
    writeFileSync(dir.join('from', 'checksums.txt'), nameless(without(5)))
    const older = await planMirror([location], dir.join('to'))
    expect(older.files.every(({ offers }) => offers[0]?.sha256 === undefined)).toBe(true)
    expect(older.notes).toEqual([expect.stringContaining('its order is not used: it has 5 lines for 6 files')])
  })
})

describe('mirroring a folder', () => {
  test('fetches all, and the second time nothing', async () => {
    using dir = tempDir()
    writeFolder(dir.join('from'), files)
    writeFileSync(dir.join('from', 'checksums_sha256.txt'), checksumList(files))
    writeFolder(dir.join('to'), new Map())
    const location = folderLocation(dir.join('from'))
    const report = await runMirror(await planMirror([location], dir.join('to')), [location], dir.join('to'))
    expect(report.complete).toBe(true)
    expect(report.files.map(({ outcome, fetched }) => [outcome, fetched?.listed])).toEqual(
      names.map(() => ['fetched', true]),
    )
    for (const [name, bytes] of files) expect(readFileSync(dir.join('to', name)).equals(bytes)).toBe(true)
    expect(readdirSync(dir.join('to')).sort()).toEqual(['.e2store-known.jsonl', ...names])
    const again = await planMirror([location], dir.join('to'))
    expect(new Set(again.files.map(({ work }) => work))).toEqual(new Set(['none']))
  })

  test('checks a file that it does not know, and replaces what is wrong', async () => {
    using dir = tempDir()
    const [good, bad] = names
    writeFolder(dir.join('from'), files)
    writeFolder(
      dir.join('to'),
      new Map([
        [good ?? '', bytesOf(good)],
        [bad ?? '', flipped(bytesOf(bad))],
      ]),
    )
    const location = folderLocation(dir.join('from'))
    const plan = await planMirror([location], dir.join('to'))
    expect(plan.files.slice(0, 3).map(({ work }) => work)).toEqual(['check', 'check', 'fetch'])
    const report = await runMirror(plan, [location], dir.join('to'))
    expect(report.files.slice(0, 2)).toMatchObject([
      { outcome: 'kept' },
      { outcome: 'fetched', replaced: expect.stringContaining('(BAD_CHECKSUM)') },
    ])
    expect(readFileSync(dir.join('to', bad ?? '')).equals(bytesOf(bad))).toBe(true)
    expect(report.complete).toBe(true)
  })

  test('checks a file again that has changed since, whatever its size', async () => {
    using dir = tempDir()
    const [name = ''] = names
    writeFolder(dir.join('from'), files)
    writeFolder(dir.join('to'), new Map())
    const location = folderLocation(dir.join('from'))
    await runMirror(await planMirror([location], dir.join('to')), [location], dir.join('to'))
    writeFileSync(dir.join('to', name), flipped(bytesOf(name)))
    utimesSync(dir.join('to', name), 1000, 1000)
    const { files: planned } = await planMirror([location], dir.join('to'))
    expect(planned.map(({ work }) => work)).toEqual(names.map((each) => (each === name ? 'check' : 'none')))
  })

  test('says what is missing if no location has it right, and keeps the rest', async () => {
    using dir = tempDir()
    const bad = names[3] ?? ''
    writeFolder(dir.join('from'), new Map(files).set(bad, flipped(bytesOf(bad))))
    writeFolder(dir.join('to'), new Map())
    const location = folderLocation(dir.join('from'))
    const report = await runMirror(await planMirror([location], dir.join('to')), [location], dir.join('to'))
    expect(report.complete).toBe(false)
    expect(report.files.filter(({ outcome }) => outcome === 'missing')).toEqual([
      { name: bad, outcome: 'missing', failures: [{ location: location.name, message: expect.any(String) }] },
    ])
    expect(readdirSync(dir.join('to')).sort()).toEqual(
      ['.e2store-known.jsonl', ...names].filter((name) => name !== bad),
    )
  })

  test('does not begin if the disk has too little room', async () => {
    using dir = tempDir()
    writeFolder(dir.join('from'), files)
    writeFolder(dir.join('to'), new Map())
    const location = folderLocation(dir.join('from'))
    const plan = { ...(await planMirror([location], dir.join('to'))), freeBytes: 1000 }
    await expect(runMirror(plan, [location], dir.join('to'))).rejects.toMatchObject({ code: 'NO_SPACE' })
    expect(readdirSync(dir.join('to'))).toEqual([])
  })
})

describe('the check of what was mirrored', () => {
  test('finds a file that verifies but does not follow the one before it', async () => {
    using dir = tempDir()
    const other = await tinyChain(3, (slot) => slot % 5 === 1)
    const foreign = other.files[2] ?? new Uint8Array(0)
    const name = await eraNameOf(await openEra(fromBytes(foreign)), 'tiny')
    const mixed = new Map([...files].filter((_, i) => i !== 2)).set(name, foreign)
    writeFolder(dir.join('from'), mixed)
    const location = folderLocation(dir.join('from'))
    const plan = await planMirror([location], dir.join('to'))
    writeFolder(dir.join('to'), new Map())
    const report = await runMirror(plan, [location], dir.join('to'))
    expect(report.files.every(({ outcome }) => outcome === 'fetched')).toBe(true)
    expect(report.findings.map(({ code }) => code)).toContain('BROKEN_CHAIN')
    expect(report.complete).toBe(false)
  })

  test('finds nothing in one chain, whichever of its files were here before', async () => {
    using dir = tempDir()
    writeFolder(dir.join('from'), files)
    const location = folderLocation(dir.join('from'))
    writeFolder(dir.join('to'), without(2, 3))
    const report = await runMirror(await planMirror([location], dir.join('to')), [location], dir.join('to'))
    expect([report.findings, report.complete]).toEqual([[], true])
  })
})

test('a folder in the place of a file is named', async () => {
  using dir = tempDir()
  writeFolder(dir.join('from'), files)
  mkdirSync(dir.join('to', names[2] ?? ''), { recursive: true })
  const locations = [folderLocation(dir.join('from'))]
  const plan = await planMirror(locations, dir.join('to'))
  await expect(runMirror(plan, locations, dir.join('to'))).rejects.toMatchObject({
    ...{ code: 'NOT_A_FILE', message: `${dir.join('to', names[2] ?? '')} is a folder, expected a regular file` },
  })
})

test.skipIf(process.platform !== 'linux')('a disk that is full is reported with the path', async () => {
  using dir = tempDir()
  const path = dir.join('to', `${names[0]}.part.json.new`)
  writeFolder(dir.join('from'), files)
  mkdirSync(dir.join('to'))
  symlinkSync('/dev/full', path)
  const locations = [folderLocation(dir.join('from'))]
  const plan = await planMirror(locations, dir.join('to'))
  await expect(runMirror(plan, locations, dir.join('to'))).rejects.toMatchObject({
    ...{ code: 'ENOSPC', path, message: expect.stringContaining(`'${path}'`) },
  })
})
