import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hasVectors, readVector, tempDir, vectorPath } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'

const FOLDERS = ['real', 'mini', 'big', '']

describe.skipIf(!hasVectors('e2store'))('recorded files', () => {
  const dir = tempDir()
  const names: string[] = []
  let network = ''

  beforeAll(() => {
    for (const folder of FOLDERS) {
      for (const entry of readdirSync(vectorPath('e2store', folder), { withFileTypes: true })) {
        if (!entry.isFile() || /\.(?:json|tar\.gz)$/.test(entry.name)) continue
        const name = entry.name.replace(/\.gz$/, '')
        writeFileSync(dir.join(name), readVector('e2store', folder, entry.name))
        names.push(name)
      }
    }
    const { chain } = JSON.parse(new TextDecoder().decode(readVector('e2store', 'mini', 'facts.json')))
    const forks = Object.entries<string>(chain.forkVersions).flatMap(([name, version]) => {
      const epoch = name === 'phase0' ? 0 : chain.forkEpochs[name]
      return epoch === undefined ? [] : [{ name, epoch, version }]
    })
    network = dir.join('network.json')
    const { config, preset, genesisValidatorsRoot } = chain
    writeFileSync(network, JSON.stringify({ config, preset, genesisValidatorsRoot, forks }))
  })

  afterAll(() => dir[Symbol.dispose]())

  const paths = (pattern: RegExp): string[] => names.filter((name) => pattern.test(name)).map((name) => dir.join(name))

  test('of a small chain verify fully, as one chain, with signatures', async () => {
    const files = paths(/^e2mini-0000[0-7]-[0-9a-f]{8}\.era$/).filter((path) => /-0000[4-7]-/.test(path))
    const reports = await jsonOf('e2store', 'verify', ...files, '--network', network, '--full', '--no-signatures')
    const all = reports.pop()
    expect(all).toMatchObject({ all: true, ok: true, network: 'e2mini', eras: [{ first: '4', last: '7' }] })
    expect(reports.map(({ full, blocks, signatures }) => [full, blocks, signatures])).toEqual([
      [true, 61, 0],
      [true, 63, 0],
      [true, 0, 0],
      [true, 64, 0],
    ])
    expect(reports.slice(1).every(({ followsPrevious }) => followsPrevious === true)).toBe(true)
    const [last = ''] = files.slice(-1)
    const [signed] = await jsonOf('e2store', 'verify', last, '--network', network, '--full')
    expect(signed).toMatchObject({ full: true, signatures: 64 })
  })

  test('of every kind verify; an era of another preset in the same process says why not fully', async () => {
    const plain = paths(/\.(?:era1|ere|e2hs|e2s|era)$/).filter((path) => !/deadbeef|int48/.test(path))
    const { status, stdout } = await datastreamer('e2store', 'verify', ...plain)
    expect(stdout.match(/^ok /gm)).toHaveLength(plain.length)
    // As one store they are of several networks, and some of them are there twice.
    expect(new Set(stdout.match(/^FAILED.*$/gm)?.map((line) => /\((\w+)\)$/.exec(line)?.[1]))).toEqual(
      new Set(['OTHER_NETWORK', 'DOUBLE', 'SAME_CONTENT', 'OVERLAP']),
    )
    expect(status).toBe(1)
    expect(stdout).toMatch(/sepolia-00000-d8ea171f\.era: .*from fixed positions only: this process uses preset minimal/)
    expect(stdout).toMatch(/mainnet-00001-a5364e9a\.era1: .*follows the file before it/)
  })

  test('that are neighbours are one chain; what is missing between others is said', async () => {
    const whole = await datastreamer('e2store', 'verify', ...paths(/^mainnet-0000[01]-(?:5ec1ffb8|a5364e9a)\.era1$/))
    expect([whole.status, whole.stdout]).toEqual([
      0,
      expect.stringContaining('chain   blocks 0 to 16383 of mainnet, trusted to'),
    ])
    expect(whole.stdout.match(/as the accumulators of mainnet say, which are built in/g)).toHaveLength(2)
    const apart = await datastreamer('e2store', 'verify', ...paths(/^sepolia-.*\.era1$/))
    expect(apart.stdout.match(/^FAILED.*$/gm)).toEqual([
      'FAILED  eras 1 to 20 are missing: blocks 8192 to 172031 (MISSING)',
    ])
    expect(apart.status).toBe(1)
  })

  test('of another chain by the name of mainnet verify, unless they must be of it', async () => {
    const [made = ''] = paths(/^mainnet-00000-90cd71a4\.era1$/)
    const free = await datastreamer('e2store', 'verify', made)
    expect([free.status, free.stdout]).toEqual([0, expect.stringContaining('NOT of the mainnet that is known')])
    const named = await datastreamer('e2store', 'verify', made, '--network', 'mainnet')
    expect([named.status, named.stdout]).toEqual([1, expect.stringContaining('blocks of another network')])
  })

  test('of mainnet by the name of another network do not verify', async () => {
    for (const [pattern, network] of [
      [/^mainnet-00001-a5364e9a\.era1$/, 'sepolia'],
      [/^sepolia-00000-643a00f7\.era1$/, 'holesky'],
      [/^sepolia-00000-d8ea171f\.era$/, 'mainnet'],
    ] as const) {
      const [own = ''] = paths(pattern)
      const other = own.replace(/(?:mainnet|sepolia)(?=-[^/]*$)/, network)
      copyFileSync(own, other)
      const { status, stdout } = await datastreamer('e2store', 'verify', other)
      rmSync(other)
      expect([status, stdout]).toEqual([
        1,
        expect.stringMatching(/are of (?:mainnet|sepolia), expected .*WRONG_NETWORK/),
      ])
      expect((await datastreamer('e2store', 'verify', own)).status).toBe(0)
    }
  })

  test('that deviate verify with the option for it', async () => {
    const [quirk = ''] = paths(/int48/)
    const [snapshot = ''] = paths(/\.e2ss$/)
    expect((await datastreamer('e2store', 'verify', quirk)).status).toBe(1)
    await linesOf('e2store', 'verify', quirk, '--sign-extend48')
    expect((await datastreamer('e2store', 'verify', snapshot)).status).toBe(1)
    const [report] = await jsonOf('e2store', 'verify', snapshot, '--partial', '--slots-per-record', '10')
    expect(report).toMatchObject({ accounts: 20, slots: 80, stateRootMatches: false })
  })

  test('info shows the kind of each, and whether its name fits', async () => {
    for (const name of names) {
      const args = name.includes('int48') ? ['--sign-extend48'] : []
      const { status, stdout } = await datastreamer('e2store', 'info', dir.join(name), '--json', ...args)
      const { kind, name: check } = JSON.parse(stdout)
      const says = name.includes('deadbeef')
        ? 'wrong'
        : /^[^.]*-[0-9a-f]{8}[^.]*\.\w+$/.test(name)
          ? 'fits'
          : 'unconventional'
      expect([name, kind, check.result]).toEqual([name, name.split('.').at(-1), says])
      expect(status).toBe(says === 'wrong' ? 1 : 0)
    }
  })

  test('are split into the eras that they were joined from, and joined again', async () => {
    const [multi = ''] = paths(/^e2mini-00000-59bce588\.multi\.era$/)
    const parts = await linesOf('e2store', 'split', multi, '--out', dir.join('parts'), '--network', 'e2mini')
    expect(parts).toHaveLength(8)
    for (const path of parts) {
      const name = path.split('/').at(-1) ?? ''
      if (names.includes(name)) expect(readFileSync(path).equals(readFileSync(dir.join(name)))).toBe(true)
    }
    await linesOf('e2store', 'merge', ...parts, '--out', dir.join('again.era'))
    expect(readFileSync(dir.join('again.era')).equals(readFileSync(multi))).toBe(true)
  })

  test('get the indices that others made for them, of every layout', async () => {
    for (const generation of ['0', '1', '2']) {
      const out = dir.join('made.e2i')
      await linesOf('e2store', 'index', dir.join('blocks.e2s'), '--generation', generation, '--out', out, '--force')
      expect(readFileSync(out).equals(readFileSync(dir.join(`blocks.gen${generation}.e2i`)))).toBe(true)
    }
  })

  test('malformed ones fail at the step where they must', async () => {
    const malformed: { readonly name: string; readonly mustFailAt: string }[] = JSON.parse(
      new TextDecoder().decode(readVector('e2store', 'malformed', 'expect.json')),
    )
    for (const { name, mustFailAt } of malformed) {
      const { status, stdout } = await datastreamer(
        'e2store',
        'verify',
        vectorPath('e2store', 'malformed', name),
        '--json',
      )
      const { ok, error } = JSON.parse(stdout)
      expect([name, status, ok]).toEqual([name, 1, false])
      expect([name, error.step]).toEqual([name, mustFailAt])
      expect(error.position).toEqual(expect.any(Number))
    }
  })
})
