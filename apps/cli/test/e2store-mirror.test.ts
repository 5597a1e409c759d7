import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { writeSmallEra1 } from './e2store-files.ts'

const BLOCKS = 4

/** A folder with an `.era1` under its name, which is given. */
async function folderWithEra1(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  await writeSmallEra1(`${folder}/small.era1`, BLOCKS)
  const [info] = await jsonOf('e2store', 'info', `${folder}/small.era1`)
  const name = `made-00000-${info?.id}.era1`
  renameSync(`${folder}/small.era1`, `${folder}/${name}`)
  return name
}

const shown = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith('.'))

describe('e2store mirror', () => {
  test('prints the plan, what it fetched, and that all is there', async () => {
    using dir = tempDir()
    const name = await folderWithEra1(dir.join('from'))
    const args = ['e2store', 'mirror', dir.join('from'), dir.join('to')]
    expect(await linesOf(...args, '--dry-run')).toEqual([
      expect.stringMatching(/^made \.era1 +1 file, numbers 0 to 0, [\d.]+ k?B$/),
      expect.stringMatching(/^to fetch +1 file, /),
      expect.stringMatching(/^free on the disk +[\d.]+ .B$/),
    ])
    expect(readdirSync(dir.path)).toEqual(['from'])
    expect((await linesOf(...args)).slice(-2)).toEqual([
      expect.stringMatching(new RegExp(`^fetched ${name}: .*, content verified$`)),
      expect.stringMatching(/^complete: 1 file, /),
    ])
    expect(shown(dir.join('to'))).toEqual([name])
    const again = await linesOf(...args)
    expect(again.filter((line) => line.startsWith('fetched'))).toEqual([])
    expect(again.slice(1, 3)).toEqual([
      expect.stringMatching(/^here already +1 file, /),
      expect.stringMatching(/^to fetch +nothing$/),
    ])
  })

  test('ends with status 1 and names what is missing', async () => {
    using dir = tempDir()
    await folderWithEra1(dir.join('from'))
    const { status, stdout } = await datastreamer(
      ...['e2store', 'mirror', dir.join('from'), dir.join('to'), '--eras', '0..2'],
    )
    expect(status).toBe(1)
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      'MISSING made .era1 1 to 2: no location has them',
      'INCOMPLETE: 1 file of 3',
    ])
  })

  test('takes the files of a range of blocks', async () => {
    using dir = tempDir()
    await folderWithEra1(dir.join('from'))
    const args = ['e2store', 'mirror', dir.join('from'), dir.join('to'), '--dry-run', '--json', '--blocks']
    const { status, stdout } = await datastreamer(...args, '8000..8191')
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { plan: { gaps: [], files: [{ work: 'fetch' }] } }])
    const none = await datastreamer(...args, '8192..9000')
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('none of those asked for')])
  })

  test('fails a file that a list of the caller has another hash of', async () => {
    using dir = tempDir()
    const name = await folderWithEra1(dir.join('from'))
    writeFileSync(dir.join('list'), `${'12'.repeat(32)}  ${name}\n`)
    const { status, stdout } = await datastreamer(
      ...['e2store', 'mirror', dir.join('from'), dir.join('to'), '--checksums', dir.join('list')],
    )
    expect([status, stdout]).toEqual([1, expect.stringContaining('(WRONG_SHA256)')])
    expect(shown(dir.join('to'))).toEqual([])
  })

  test.each([
    [['from'], 'name at least one address or folder'],
    [['from', 'https://history.example/era1/'], 'the last argument is the folder'],
  ])('%j is a wrong call', async (args, why) => {
    const { status, stderr } = await datastreamer('e2store', 'mirror', ...args)
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)])
  })
})

describe('e2store manifest', () => {
  test('makes a folder a mirror, with the sidecars if asked for', async () => {
    using dir = tempDir()
    const name = await folderWithEra1(dir.path)
    expect(await linesOf('e2store', 'manifest', dir.path, '--base-url', 'https://history.example/')).toEqual([
      expect.stringMatching(/^1 file, .* hashed$/),
      ...['checksums_sha256.txt', 'checksums.txt', 'urls.txt', 'index.html'].map((each) => `wrote   ${each}`),
    ])
    await linesOf('e2store', 'manifest', dir.path, '--sidecars')
    expect(shown(dir.path)).toContain(`${name}.idx`)
    rmSync(dir.join('checksums.txt'))
    const out = await linesOf('e2store', 'mirror', dir.path, `${dir.path}/copy`)
    expect(out).toContainEqual(
      expect.stringMatching(new RegExp(`^fetched ${name}: .*, hash as listed, content verified$`)),
    )
    expect(out).toContainEqual(expect.stringMatching(new RegExp(`^fetched ${name}\\.idx: .*, content verified$`)))
  })

  test('of a wrong address is a wrong call', async () => {
    using dir = tempDir()
    await folderWithEra1(dir.path)
    const { status, stderr } = await datastreamer('e2store', 'manifest', dir.path, '--base-url', 'history.example')
    expect([status, stderr]).toEqual([2, expect.stringContaining('--base-url')])
  })
})

describe('e2store convert', () => {
  test('converts a folder, and the second time leaves what is there', async () => {
    using dir = tempDir()
    const name = await folderWithEra1(dir.join('era1'))
    const args = ['e2store', 'convert', dir.join('era1'), '--to', 'ere', '--out', dir.join('ere')]
    const [line] = await linesOf(...args, '--profile', 'noproofs')
    expect(line).toMatch(new RegExp(`^wrote .*/ere/made-00000-[0-9a-f]{8}-noproofs\\.ere from .*/${name}$`))
    expect((await linesOf(...args, '--profile', 'noproofs'))[0]).toMatch(/^there /)
    const [made = ''] = shown(dir.join('ere'))
    expect((await linesOf('e2store', 'verify', dir.join('ere', made)))[0]).toMatch(/^ok /)
  })

  test('reports what it could not convert, and converts the rest', async () => {
    using dir = tempDir()
    await folderWithEra1(dir.join('era1'))
    writeFileSync(dir.join('era1', 'made-00001-12345678.era1'), 'nothing')
    const { status, stdout } = await datastreamer(
      ...['e2store', 'convert', dir.join('era1'), '--to', 'ere', '--out', dir.join('ere')],
    )
    const lines = stdout.trimEnd().split('\n')
    expect([status, lines.map((line) => line.slice(0, 6))]).toEqual([1, ['wrote ', 'FAILED']])
    expect(shown(dir.join('ere'))).toHaveLength(1)
  })
})
