import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { writeInvalidEra, writeSmallEra1 } from './e2store-files.ts'

/** Change one byte of a file. */
function damage(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] as number) ^ 1
  writeFileSync(path, bytes)
}

describe('e2store index --full', () => {
  test('builds the indexes of a folder, leaves alone those that are up to date, and replaces stale ones', async () => {
    using dir = tempDir()
    const [a, b] = [await writeSmallEra1(dir.join('a.era1'), 3), await writeSmallEra1(dir.join('b.era1'), 5)]
    writeFileSync(dir.join('notes.txt'), 'nothing')
    const first = await linesOf('e2store', 'index', '--full', dir.path, '--jobs', '2')
    expect(first).toHaveLength(2)
    expect(first).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^built {4}.*a\.era1\.idx: \d+ bytes, \d+\.\d\d% of the file$/),
        expect.stringMatching(/^built {4}.*b\.era1\.idx: /),
      ]),
    )
    const built = readFileSync(`${a}.idx`)
    expect(await linesOf('e2store', 'index', '--full', dir.path, '--jobs', '1')).toEqual([
      `current  ${a}.idx`,
      `current  ${b}.idx`,
    ])
    rmSync(b)
    await writeSmallEra1(b, 6)
    expect(await linesOf('e2store', 'index', '--full', dir.path, '--jobs', '1')).toEqual([
      `current  ${a}.idx`,
      expect.stringMatching(/^built {4}.*b\.era1\.idx: /),
    ])
    expect(await linesOf('e2store', 'index', '--full', a, '--force')).toHaveLength(1)
    expect(readFileSync(`${a}.idx`)).toEqual(built)
    expect(await linesOf('e2store', 'index', '--full', dir.path, '--check', '--jobs', '1')).toEqual([
      expect.stringMatching(/^ok {7}.*a\.era1\.idx: as the data of .*a\.era1 say$/),
      expect.stringMatching(/^ok /),
    ])
  })

  test('--check fails for indexes that are damaged, stale or missing, and names each', async () => {
    using dir = tempDir()
    const names = ['damaged', 'missing', 'right', 'stale'].map((name) => `${name}.era1`)
    for (const name of names) await writeSmallEra1(dir.join(name), 4)
    await linesOf('e2store', 'index', '--full', dir.path)
    damage(dir.join('damaged.era1.idx'), 240)
    rmSync(dir.join('missing.era1.idx'))
    rmSync(dir.join('stale.era1'))
    await writeSmallEra1(dir.join('stale.era1'), 5)
    const { status, stdout } = await datastreamer('e2store', 'index', '--full', dir.path, '--check', '--jobs', '1')
    expect(status).toBe(1)
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^FAILED {3}.*damaged\.era1\.idx.*BAD_CHECKSUM/),
      expect.stringMatching(/^FAILED {3}.*missing\.era1\.idx: there is no such file/),
      expect.stringMatching(/^ok {7}.*right/),
      expect.stringMatching(/^FAILED {3}.*stale\.era1\.idx.*STALE_SIDECAR/),
    ])
  })

  test('goes on after a file that cannot be indexed, and ends with status 1', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('bad.era1'), 'this is no archive')
    await writeSmallEra1(dir.join('good.era1'), 2)
    const { status, stdout } = await datastreamer('e2store', 'index', '--full', dir.path, '--jobs', '1')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^FAILED {3}.*bad\.era1.*\nbuilt {4}.*good\.era1\.idx/)
    await expect(datastreamer('e2store', 'index', '--full', dir.join('absent'))).resolves.toMatchObject({ status: 1 })
    const era = await writeInvalidEra(dir.join('x.era'), 1n, [1])
    const other = await datastreamer('e2store', 'index', '--full', era)
    expect([other.status, other.stdout]).toEqual([1, expect.stringMatching(/^FAILED/)])
    using empty = tempDir()
    const nothing = await datastreamer('e2store', 'index', '--full', empty.path)
    expect([nothing.status, nothing.stderr]).toEqual([1, expect.stringContaining('no file with blocks')])
  })
})

describe('an index of transactions and logs', () => {
  test('is shown by info, and verified with its file, with another, and alone', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3)
    await linesOf('e2store', 'index', '--full', file)
    const index = `${file}.idx`
    const [info] = await jsonOf('e2store', 'info', index)
    expect(info).toMatchObject({
      kind: 'idx',
      name: { result: 'fits' },
      dataFile: { kind: 'era1', start: '0', count: 3 },
      hasLogs: true,
    })
    expect((await linesOf('e2store', 'info', index)).join('\n')).toMatch(/range +blocks 0 to 2/)
    expect(await linesOf('e2store', 'verify', index)).toEqual([
      `ok      ${index}: .idx, blocks 0 to 2, 0 transactions, as the data of ${file} say`,
    ])
    copyFileSync(index, dir.join('alone.idx'))
    expect(await linesOf('e2store', 'verify', dir.join('alone.idx'))).toEqual([
      expect.stringContaining('not compared with data'),
    ])
    const other = await writeSmallEra1(dir.join('b.era1'), 4)
    const { status, stdout } = await datastreamer('e2store', 'verify', index, '--data', other)
    expect([status, stdout]).toEqual([1, expect.stringMatching(/^FAILED.*STALE_SIDECAR/)])
    damage(dir.join('alone.idx'), 240)
    expect(await datastreamer('e2store', 'verify', dir.join('alone.idx'))).toMatchObject({ status: 1 })
  })
})
