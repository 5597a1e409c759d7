import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hasNginx, startNginx, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { writeEmptyEras, writeRecords, writeSmallEra1 } from './e2store-files.ts'

/** A folder with a valid `.era1`, three `.era` files of one chain, and an `.e2s`. */
async function folder(): Promise<
  ReturnType<typeof tempDir> & { readonly eras: readonly string[]; readonly era1: string }
> {
  const dir = tempDir()
  mkdirSync(dir.join('era'))
  const eras = await writeEmptyEras(dir.join('era'), 'tiny', 3)
  const era1 = await writeSmallEra1(dir.join('a.era1'), 3)
  await writeRecords(dir.join('a.e2s'), [0x9901, 0x9902])
  return Object.assign(dir, { eras: eras.map((path) => path.slice(dir.path.length + 1)), era1 })
}

describe.skipIf(!hasNginx())('e2store commands at an address', () => {
  test('say and print the same as those at a path', async () => {
    using dir = await folder()
    await using nginx = await startNginx(dir.path)
    const [local] = await jsonOf('e2store', 'info', dir.join('a.era1'))
    const [remote] = await jsonOf('e2store', 'info', `${nginx.url}a.era1`, '--records')
    expect(remote).toEqual({ ...local, file: `${nginx.url}a.era1` })
    // Counting records would read all of the file.
    const [quick] = await jsonOf('e2store', 'info', `${nginx.url}a.era1`)
    expect(quick).toEqual({ ...local, file: `${nginx.url}a.era1`, records: [] })
    const block = ['--block', '1', '--json']
    expect(await linesOf('e2store', 'cat', `${nginx.url}a.era1`, ...block)).toEqual(
      await linesOf('e2store', 'cat', dir.join('a.era1'), ...block),
    )
  })

  test('verify files, and a folder that is listed as a whole', async () => {
    using dir = await folder()
    await using nginx = await startNginx(dir.path, 'autoindex on;')
    const [ok] = await linesOf('e2store', 'verify', `${nginx.url}a.era1`)
    expect(ok).toMatch(new RegExp(`^ok {6}${nginx.url}a\\.era1: \\.era1, `))
    const lines = await linesOf('e2store', 'verify', `${nginx.url}era/`)
    expect(lines.slice(0, 3).map((line) => line.split(' ')[6])).toEqual(dir.eras.map((name) => `${nginx.url}${name}:`))
    expect(lines.at(-1)).toMatch(/^chain {3}beacon eras 0 to 2/)
    const { status, stdout } = await datastreamer(
      'e2store',
      'verify',
      nginx.url.replace('//', '//user:secret@') + dir.eras[1],
      `${nginx.url}none.era1`,
    )
    expect(status).toBe(1)
    expect(stdout).not.toMatch(/secret/)
    expect(stdout).toMatch(/FAILED {2}http:\S+none\.era1: not there \(status 404\)/)
  })

  test('merge, split and index', async () => {
    using dir = await folder()
    using out = tempDir()
    await using nginx = await startNginx(dir.path)
    await linesOf('e2store', 'merge', ...dir.eras.map((name) => nginx.url + name), '--out', out.join('all.era'))
    expect(readFileSync(out.join('all.era'))).toEqual(
      Buffer.concat(dir.eras.map((name) => readFileSync(dir.join(name)))),
    )
    writeFileSync(dir.join('all.era'), readFileSync(out.join('all.era')))
    const parts = await linesOf(
      'e2store',
      'split',
      `${nginx.url}all.era`,
      '--network',
      'tiny',
      '--out',
      out.join('parts'),
    )
    expect(parts.map((path) => readFileSync(path))).toEqual(dir.eras.map((name) => readFileSync(dir.join(name))))
    await linesOf('e2store', 'index', `${nginx.url}${dir.eras[1]}`, '--out', out.join('a.e2i'))
    await linesOf('e2store', 'index', dir.join(dir.eras[1] ?? ''), '--out', out.join('b.e2i'))
    expect(readFileSync(out.join('a.e2i'))).toEqual(readFileSync(out.join('b.e2i')))
    const full = await datastreamer('e2store', 'index', '--full', `${nginx.url}a.era1`)
    expect([full.status, full.stderr]).toEqual([2, expect.stringMatching(/mirror it first/)])
  })

  test('that cannot be read end with status 1 and say why', async () => {
    using dir = await folder()
    writeFileSync(dir.join('large.era1'), Buffer.alloc(2_000_000))
    await using nginx = await startNginx(dir.path, 'max_ranges 0;')
    const failed = async (address: string): Promise<string> => {
      const { status, stdout, stderr } = await datastreamer('e2store', 'info', address)
      expect([status, stdout]).toEqual([1, ''])
      return stderr
    }
    expect(await failed(`${nginx.url}none.era1`)).toBe(`datastreamer: ${nginx.url}none.era1: not there (status 404)\n`)
    expect(await failed(`${nginx.url}large.era1?key=secret`)).toMatch(
      /large\.era1\?…: this server does not serve ranges: .* \(NO_RANGES\)\n$/,
    )
    const { url } = nginx
    await nginx[Symbol.asyncDispose]()
    expect(await failed(`${url}a.era1`)).toBe(
      `datastreamer: ${url}a.era1: connection refused (ECONNREFUSED) (UNREACHABLE)\n`,
    )
    expect(await failed('s3://..')).toMatch(/not an address of a bucket/)
  })
})

test('a file:// address is that of a file on this machine', async () => {
  using dir = tempDir()
  const path = await writeSmallEra1(dir.join('a.era1'), 3)
  const [facts] = await jsonOf('e2store', 'info', `file://${path}`)
  expect(facts).toMatchObject({ kind: 'era1' })
  const { status, stderr } = await datastreamer('e2store', 'info', 'file://elsewhere/a.era1')
  expect([status, stderr]).toEqual([2, expect.stringMatching(/not the address of a file on this machine/)])
})
