import { readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hasNginx, startNginx, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { httpLocation } from '../src/location.ts'
import { planMirror, runMirror, writeManifest } from '../src/mirror.ts'
import { folderLocation } from '../src/node.ts'
import { checksumList, eraFiles, type HistoryFiles, sha256Of, writeFolder } from './support/history-folder.ts'

/** Files with names of `.era1` files; a manifest does not look into them. */
const files: HistoryFiles = new Map(
  Array.from({ length: 12 }, (_, i) => {
    const bytes = new TextEncoder().encode(`file ${i}`.repeat(i + 1))
    return [`mainnet-${String(i).padStart(5, '0')}-${sha256Of(bytes).slice(0, 8)}.era1`, bytes]
  }),
)
const names = [...files.keys()]

const read = (...parts: readonly string[]): string => readFileSync(parts.join('/'), 'utf8')

/** The names that reth finds in a page: in each line up to the extension, back to what is no letter, digit or hyphen. */
function rethNames(page: string, extension: string): string[] {
  return page.split('\n').flatMap((line) => {
    const end = line.indexOf(extension)
    const start = end < 0 ? -1 : line.slice(0, end).search(/[^\p{L}\p{N}-](?=[\p{L}\p{N}-]*$)/u)
    return start < 0 ? [] : [line.slice(start + 1, end + extension.length)]
  })
}

describe('a manifest', () => {
  test('has the hashes with names, in order without, addresses and a page', async () => {
    using dir = tempDir()
    writeFolder(dir.path, files)
    const made = await writeManifest(dir.path, { baseUrl: 'https://history.example/era1' })
    expect(made.written.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'checksums.txt',
      'checksums_sha256.txt',
      'index.html',
      'urls.txt',
    ])
    expect(read(dir.path, 'checksums_sha256.txt')).toBe(checksumList(files))
    expect(read(dir.path, 'checksums.txt')).toBe([...files.values()].map((bytes) => `0x${sha256Of(bytes)}\n`).join(''))
    expect(read(dir.path, 'urls.txt')).toBe(names.map((name) => `https://history.example/era1/${name}\n`).join(''))
    expect(made.files.map(({ name, sha256 }) => [name, sha256])).toEqual(
      [...files].map(([name, bytes]) => [name, sha256Of(bytes)]),
    )
  })

  test('stays as it is, and hashes nothing again, as long as the files do', async () => {
    using dir = tempDir()
    writeFolder(dir.path, files)
    await writeManifest(dir.path)
    const before = readdirSync(dir.path).map((name) => read(dir.path, name))
    let hashed = 0
    const onBytes = (bytes: number): void => {
      hashed += bytes
    }
    expect((await writeManifest(dir.path, { onBytes })).written).toEqual([])
    expect([hashed, readdirSync(dir.path).map((name) => read(dir.path, name))]).toEqual([0, before])
    const [, name = ''] = names
    writeFileSync(dir.join(name), 'another')
    utimesSync(dir.join(name), 1000, 1000)
    expect((await writeManifest(dir.path, { onBytes })).written).toContain('checksums_sha256.txt')
    expect(hashed).toBe('another'.length)
    await writeManifest(dir.path, { onBytes, rehash: true })
    expect(hashed).toBeGreaterThan(2 * 'another'.length)
  })

  test('has no hashes without names where a number is missing, and removes those of before', async () => {
    using dir = tempDir()
    writeFolder(dir.path, files)
    await writeManifest(dir.path)
    rmSync(dir.join(names[4] ?? ''))
    const { removed, gaps, notes } = await writeManifest(dir.path)
    expect([removed, gaps]).toEqual([['checksums.txt'], [{ series: 'mainnet .era1', first: 4, last: 4 }]])
    expect(notes).toEqual(['no checksums.txt, whose lines have no names: numbers are missing'])
    expect(readdirSync(dir.path)).not.toContain('checksums.txt')
  })

  test.each([
    ['two series', 'sepolia-00000-12345678.era1', 'the folder has several series'],
    ['two files of one number', 'mainnet-00003-12345678.era1', 'a number has several files'],
  ])('has no hashes without names for %s', async (_, name, why) => {
    using dir = tempDir()
    writeFolder(dir.path, new Map(files).set(name, Uint8Array.of(1)))
    expect((await writeManifest(dir.path)).notes).toEqual([`no checksums.txt, whose lines have no names: ${why}`])
  })

  test('replaces no page that something else made, unless forced', async () => {
    using dir = tempDir()
    writeFolder(dir.path, files)
    writeFileSync(dir.join('index.html'), '<h1>my own</h1>')
    await expect(writeManifest(dir.path)).rejects.toMatchObject({ code: 'NOT_OURS' })
    expect(read(dir.path, 'index.html')).toBe('<h1>my own</h1>')
    expect((await writeManifest(dir.path, { force: true })).written).toContain('index.html')
  })

  test.each([
    ['ftp://x/', RangeError],
    ['no address', RangeError],
    ['https://x/?a=1', RangeError],
  ])('refuses %s as the address of the folder', async (baseUrl, error) => {
    using dir = tempDir()
    writeFolder(dir.path, files)
    await expect(writeManifest(dir.path, { baseUrl })).rejects.toThrow(error)
  })
})

describe('the page of a manifest', () => {
  test.each(['era1', 'mirror of x.era1 <b>"', 'x.era1'])(
    'under the title %j is read by other programs',
    async (title) => {
      using dir = tempDir()
      writeFolder(dir.path, files)
      // The index of a file, which has its whole name.
      writeFolder(dir.path, new Map([[`${names[2]}.idx`, Uint8Array.of(1, 2, 3)]]))
      await writeManifest(dir.path, { title })
      const page = read(dir.path, 'index.html')
      // reth: the name of file N is that of line N, and so is its hash.
      expect(rethNames(page, '.era1')).toEqual(names)
      expect(read(dir.path, 'checksums.txt').split('\n')).toHaveLength(names.length + 1)
      // Besu.
      const besu = [...page.matchAll(/<a href="((?:mainnet|sepolia)-(\d{5})-[0-9a-f]{8}\.era1)">/g)]
      expect(besu.map(([, name]) => name)).toEqual(names)
      // nimbus-eth1 and eth-docker: grep -o 'href="[^"]*\.era1"'.
      expect(page.match(/href="[^"]*\.era1"/g)).toEqual(names.map((name) => `href="${name}"`))
      expect(page.match(/href="[^"]*\.txt"/g)).toEqual(['href="checksums.txt"', 'href="checksums_sha256.txt"'])
      // wget -r: relative links only.
      expect(page.match(/(?:href|src)="(?:[a-z]+:|\/)/)).toBeNull()
    },
  )
})

describe.skipIf(!hasNginx())('served by nginx', () => {
  const eras = eraFiles(3)

  test.each([
    ['as a folder', 'autoindex on; index none;'],
    ['as a folder in JSON', 'autoindex on; autoindex_format json; index none;'],
    ['with the page', ''],
  ])('a folder with a manifest is mirrored: %s', async (_, directives) => {
    using dir = tempDir()
    writeFolder(dir.join('from'), await eras)
    await writeManifest(dir.join('from'))
    await using nginx = await startNginx(dir.join('from'), directives)
    const locations = [httpLocation(nginx.url)]
    const plan = await planMirror(locations, dir.join('to'))
    expect(plan.files.map(({ name, size, offers }) => [name, size, offers[0]?.sha256])).toEqual(
      [...(await eras)].map(([name, bytes]) => [name, bytes.length, sha256Of(bytes)]),
    )
    writeFolder(dir.join('to'), new Map())
    expect((await runMirror(plan, locations, dir.join('to'))).complete).toBe(true)
    for (const [name, bytes] of await eras) expect(readFileSync(dir.join('to', name)).equals(bytes)).toBe(true)
    const again = await planMirror(locations, dir.join('to'))
    expect(again.files.every(({ work }) => work === 'none')).toBe(true)
    // What was mirrored makes the same lists.
    await writeManifest(dir.join('to'))
    for (const list of ['checksums.txt', 'checksums_sha256.txt']) {
      expect(read(dir.join('to'), list)).toBe(read(dir.join('from'), list))
    }
  })

  test('an unfinished file is continued with the version that nginx has of it, and else begun again', async () => {
    using dir = tempDir()
    const [[name = '', bytes = new Uint8Array(0)] = []] = [...(await eras)].slice(2)
    writeFolder(dir.join('from'), await eras)
    writeFolder(dir.join('to'), new Map([[`${name}.part`, bytes.subarray(0, 5000)]]))
    await using nginx = await startNginx(dir.join('from'), 'autoindex on;')
    const head = await fetch(`${nginx.url}${name}`, { method: 'HEAD' })
    const state = { version: 1, location: nginx.url, validator: head.headers.get('etag') }
    writeFileSync(dir.join('to', `${name}.part.json`), JSON.stringify(state))
    const arrived = async (): Promise<number> => {
      let sum = 0
      const locations = [httpLocation(nginx.url)]
      const plan = await planMirror(locations, dir.join('to'))
      const onBytes = (more: number): void => {
        sum += more
      }
      expect((await runMirror(plan, locations, dir.join('to'), { onBytes })).complete).toBe(true)
      return sum
    }
    const all = [...(await eras).values()].reduce((sum, { length }) => sum + length, 0)
    expect(await arrived()).toBe(all - 5000)
    renameSync(dir.join('to', name), dir.join('to', `${name}.part`))
    writeFileSync(dir.join('to', `${name}.part.json`), JSON.stringify({ ...state, validator: '"1-1"' }))
    writeFileSync(dir.join('to', `${name}.part`), bytes.subarray(0, 5000))
    expect(await arrived()).toBe(bytes.length)
    expect(readFileSync(dir.join('to', name)).equals(bytes)).toBe(true)
  })
})

test('a folder with a manifest is a location like a server', async () => {
  using dir = tempDir()
  const eras = await eraFiles(2)
  writeFolder(dir.join('from'), eras)
  await writeManifest(dir.join('from'))
  const plan = await planMirror([folderLocation(dir.join('from'))], dir.join('to'))
  expect(plan.files.map(({ offers }) => offers[0]?.sha256)).toEqual([...eras.values()].map(sha256Of))
})
