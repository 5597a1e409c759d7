import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { openEra1 } from '@datastreamer/e2store'
import { EraWriter } from '@datastreamer/e2store/era'
import { openFile } from '@datastreamer/e2store/node'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { blockOf, writeGenesisEra, writeInvalidEra, writeRecords, writeSmallEra1, writeWith } from './e2store-files.ts'

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** A file's name by its content. */
async function nameEra1(path: string): Promise<string> {
  await using source = await openFile(path)
  const { accumulator = new Uint8Array(0) } = await openEra1(source)
  return `test-00000-${Buffer.from(accumulator.subarray(0, 4)).toString('hex')}.era1`
}

describe('e2store info', () => {
  test('shows the kind by the content, and counts records, unknown ones too', async () => {
    using dir = tempDir()
    const file = await writeRecords(dir.join('x.bin'), [0x2232, 0x9901, 0x2232, 0])
    const [info] = await jsonOf('e2store', 'info', file)
    expect(info).toMatchObject({ kind: 'e2s', size: 8 + 4 * 11, name: { result: 'unconventional' } })
    expect(info?.records).toEqual([
      { type: 0x6532, hex: '6532', name: 'Version', vendor: false, records: 1, bytes: 0 },
      { type: 0x2232, hex: '2232', vendor: false, records: 2, bytes: 6 },
      { type: 0x9901, hex: '9901', vendor: true, records: 1, bytes: 3 },
      { type: 0, hex: '0000', name: 'Empty', vendor: false, records: 1, bytes: 3 },
    ])
    const text = (await linesOf('e2store', 'info', file)).join('\n')
    expect(text).toMatch(/2232 {2}unknown +2 +6 bytes/)
    expect(text).toMatch(/9901 {2}of an application +1 +3 bytes/)
  })

  test('shows ranges and index of an .era1, and compares its name', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('made.era1'), 3)
    const [info] = await jsonOf('e2store', 'info', file)
    expect(info).toMatchObject({
      kind: 'era1',
      firstBlock: '0',
      lastBlock: '2',
      blocks: 3,
      name: { result: 'unconventional' },
    })
    const name = await nameEra1(file)
    renameSync(file, dir.join(name))
    expect((await jsonOf('e2store', 'info', dir.join(name)))[0]).toMatchObject({
      name: { result: 'fits', expected: name },
    })
    const wrong = dir.join('test-00001-00000000.era1')
    renameSync(dir.join(name), wrong)
    const { status, stdout } = await datastreamer('e2store', 'info', wrong)
    expect([status, stdout]).toEqual([1, expect.stringContaining(`does not fit the content, which is that of ${name}`)])
  })

  test('shows the eras of an .era', async () => {
    using dir = tempDir()
    const file = await writeInvalidEra(dir.join('a.era'), 3n, [0, 5])
    expect((await jsonOf('e2store', 'info', file))[0]).toMatchObject({
      kind: 'era',
      network: null,
      groups: [{ era: '3', firstSlot: '128', stateSlot: '192', slots: 64, start: 0 }],
    })
  })

  test('of a damaged or missing file ends with status 1 and says why', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('made.era1'), 3)
    writeFileSync(file, readFileSync(file).subarray(0, -9))
    const damaged = await datastreamer('e2store', 'info', file)
    expect([damaged.status, damaged.stderr]).toEqual([
      1,
      expect.stringMatching(/made\.era1: open: .* at byte \d+ \(BAD_COUNT\)/),
    ])
    const absent = await datastreamer('e2store', 'info', dir.join('none'))
    expect([absent.status, absent.stderr]).toEqual([1, `datastreamer: ${dir.join('none')}: there is no such file\n`])
    const empty = dir.join('empty.era1')
    writeFileSync(empty, '')
    expect((await datastreamer('e2store', 'info', empty)).stderr).toContain('EMPTY_FILE')
    expect((await datastreamer('e2store', 'info', dir.path)).status).toBe(1)
  })
})

describe('e2store verify', () => {
  test('ends with status 0 only if all files verify, and reports step and position of what does not', async () => {
    using dir = tempDir()
    const good = await writeSmallEra1(dir.join('good.era1'), 5)
    const era = await writeGenesisEra(dir.join('genesis.era'))
    const records = await writeRecords(dir.join('any.e2s'), [0x2232])
    const whole = await datastreamer('e2store', 'verify', good, era, records)
    expect(whole.status).toBe(0)
    expect(whole.stdout.match(/^ok /gm)).toHaveLength(3)
    expect(whole.stdout).toContain('from fixed positions only: of a network that is not known')
    const bad = await writeInvalidEra(dir.join('bad.era'), 1n, [3])
    const { status, stdout } = await datastreamer('e2store', 'verify', bad, good, '--json')
    const [first, second] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(status).toBe(1)
    expect(first).toMatchObject({ file: bad, ok: false, error: { step: 'verify', position: expect.any(Number) } })
    expect(second).toMatchObject({ file: good, ok: true, kind: 'era1', count: 5, trusted: false })
  })

  test('a changed byte anywhere makes it fail', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3)
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += 23) {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      writeFileSync(file, damaged)
      expect((await datastreamer('e2store', 'verify', file)).status, `byte ${at}`).toBe(1)
    }
  })

  test('compares with trusted accumulators', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3)
    const [info] = await jsonOf('e2store', 'info', file)
    writeFileSync(dir.join('roots.txt'), `${String(info?.accumulator)}\n`)
    const [trusted] = await jsonOf('e2store', 'verify', file, '--accumulators', dir.join('roots.txt'))
    expect(trusted).toMatchObject({ ok: true, trusted: true })
    writeFileSync(dir.join('roots.txt'), `0x${'12'.repeat(32)}\n`)
    const other = await datastreamer('e2store', 'verify', file, '--accumulators', dir.join('roots.txt'))
    expect([other.status, other.stdout]).toEqual([1, expect.stringContaining('WRONG_ROOT')])
    writeFileSync(dir.join('roots.txt'), `${'12'.repeat(32)}  other.era1\n`)
    const unlisted = await datastreamer('e2store', 'verify', file, '--accumulators', dir.join('roots.txt'))
    expect([unlisted.status, unlisted.stdout]).toEqual([1, expect.stringContaining('no accumulator for it')])
    writeFileSync(dir.join('roots.txt'), 'nonsense')
    const usage = await datastreamer('e2store', 'verify', file, '--accumulators', dir.join('roots.txt'))
    expect([usage.status, usage.stderr]).toEqual([2, expect.stringContaining('line 1')])
  })

  test('compares with a list of checksums', async () => {
    using dir = tempDir()
    const a = await writeSmallEra1(dir.join('a.era1'), 2)
    const b = await writeRecords(dir.join('b.e2s'), [])
    const list = dir.join('checksums.txt')
    writeFileSync(list, `${sha256(a)}  a.era1\n${sha256(b)}  b.e2s\n`)
    expect(
      (await jsonOf('e2store', 'verify', a, b, '--checksums', list)).map(({ checksumListed }) => checksumListed),
    ).toEqual([true, true])
    writeFileSync(list, `${sha256(b)}  a.era1\n`)
    const { status, stdout } = await datastreamer('e2store', 'verify', a, b, '--checksums', list)
    expect(status).toBe(1)
    expect(stdout).toMatch(/^FAILED {2}.*a\.era1: SHA-256 is .*, listed is .*; its content verifies$/m)
    expect(stdout).toMatch(/^ok .*b\.e2s: .*checksum as listed for a\.era1$/m)
  })

  test('a list may be older than a file: that it has no checksum for it is said, but no error', async () => {
    using dir = tempDir()
    const a = await writeSmallEra1(dir.join('a.era1'), 2)
    const list = dir.join('checksums.txt')
    writeFileSync(list, `${'12'.repeat(32)}  other.era1\n`)
    const { status, stdout } = await datastreamer('e2store', 'verify', a, '--checksums', list)
    expect([status, stdout]).toEqual([0, expect.stringContaining('NOT COMPARED: the list has no checksum for it')])
  })

  test('checksums are compared first, whatever the name and content of a file', async () => {
    using dir = tempDir()
    const wrongName = await writeSmallEra1(dir.join('test-00007-00000000.era1'), 2)
    const broken = dir.join('broken.bin')
    writeFileSync(broken, readFileSync(wrongName).subarray(0, 300))
    const list = dir.join('list.txt')
    writeFileSync(list, `${'34'.repeat(32)}  ./test-00007-00000000.era1\nSHA256 (broken.bin) = ${'56'.repeat(32)}\n`)
    const { status, stdout } = await datastreamer('e2store', 'verify', wrongName, broken, '--checksums', list)
    expect(status).toBe(1)
    expect(stdout.match(/^FAILED .*SHA-256 is .*, listed is (?:34|56)/gm)).toHaveLength(2)
  })

  test('a bad line of a list is reported with its number, and the others are used', async () => {
    using dir = tempDir()
    const a = await writeSmallEra1(dir.join('a.era1'), 2)
    const list = dir.join('checksums.txt')
    writeFileSync(list, `\ufeff# made by hand\r\nnonsense\r\n\r\n${sha256(a).toUpperCase()} *./a.era1`)
    const { status, stdout, stderr } = await datastreamer('e2store', 'verify', a, '--checksums', list)
    expect([status, stdout]).toEqual([0, expect.stringContaining('checksum as listed')])
    expect(stderr).toMatch(/checksums\.txt: line 2 is neither a hash nor a hash and a name; the others are used/)
  })

  test('a list without names is used by position only if nothing is missing, otherwise as a set', async () => {
    using dir = tempDir()
    const files: string[] = []
    for (const era of [0, 2]) {
      const made = await writeSmallEra1(dir.join(`x${era}`), 2 + era)
      files.push(dir.join(`test-0000${era}-00000000.bin`))
      renameSync(made, files.at(-1) ?? '')
    }
    const list = dir.join('checksums.txt')
    writeFileSync(list, files.map((file) => `0x${sha256(file)}`).join('\n'))
    const good = await datastreamer('e2store', 'verify', ...files, '--checksums', list)
    expect(good.stdout.match(/checksum is one of those listed/g)).toHaveLength(2)
    expect(good.stderr).toContain('used as a set: there is no file of number 1')
    writeFileSync(files[1] ?? '', readFileSync(files[0] ?? ''))
    writeFileSync(list, `0x${'12'.repeat(32)}\n`)
    const bad = await datastreamer('e2store', 'verify', ...files, '--checksums', list)
    expect([bad.status, bad.stdout.match(/the list has no checksum for it/g)?.length]).toEqual([1, 2])
  })

  test('an .era that cannot be verified fully fails if that is asked for', async () => {
    using dir = tempDir()
    const era = await writeGenesisEra(dir.join('genesis.era'))
    const { status, stdout } = await datastreamer('e2store', 'verify', era, '--full')
    expect([status, stdout]).toEqual([1, expect.stringContaining('cannot be verified fully')])
  })

  test('of another network fails; a network that is none is a wrong call', async () => {
    using dir = tempDir()
    const era = await writeGenesisEra(dir.join('genesis.era'))
    const other = await datastreamer('e2store', 'verify', era, '--network', 'sepolia')
    expect([other.status, other.stdout]).toEqual([1, expect.stringContaining('WRONG_NETWORK')])
    writeFileSync(dir.join('net.json'), '{"config":"../x","preset":"minimal"}')
    for (const network of ['nowhere', dir.join('net.json')]) {
      expect((await datastreamer('e2store', 'verify', era, '--network', network)).status).toBe(2)
    }
  })
})

test('an era that continues fails where its file ends', async () => {
  using dir = tempDir()
  const file = await writeWith(dir.join('a.era'), async (sink) => {
    const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: 64 })
    await writer.block(blockOf(3n))
  })
  const { status, stdout } = await datastreamer('e2store', 'verify', file)
  expect([status, stdout]).toEqual([1, expect.stringMatching(/a\.era: open: /)])
})
