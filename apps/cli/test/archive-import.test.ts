import { existsSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { afterAll, describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { copyStream, generator, sameStream, used } from './stream-files.ts'

const cache = tempDir()
afterAll(() => cache[Symbol.dispose]())
const generate = generator(cache.path)

describe('an import', () => {
  /** A stream of 100 blocks and its archive in files of 20 blocks and more. */
  async function archived(dir: ReturnType<typeof tempDir>): Promise<string[]> {
    await generate(dir.join('s.bin'), 100)
    const files = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('a'),
      '--blocks-per-file',
      '20',
    )
    return files.map(({ file }) => String(file))
  }

  test('takes files in any order, goes on where it was interrupted, and does nothing twice', async () => {
    using dir = tempDir()
    const files = await archived(dir)
    await linesOf('e2store', 'import', ...files.slice(0, 2).reverse(), '--file', dir.join('t.bin'))
    expect((await jsonOf('info', dir.join('t.bin')))[0]?.totalEntries).not.toBe('0')
    const rest = await datastreamer('e2store', 'import', ...files.reverse(), '--file', dir.join('t.bin'))
    expect([rest.status, rest.stderr]).toEqual([0, expect.stringMatching(/^added [\d,]+ entries; /)])
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    const again = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('holds all of it already')])
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
  })

  test('goes on in the middle of a file', async () => {
    using dir = tempDir()
    await archived(dir)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    await datastreamer('truncate', dir.join('t.bin'), '--entry', '133', '--yes')
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
  })

  test('of a part needs what is before it', async () => {
    using dir = tempDir()
    await archived(dir)
    const part = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('p'),
      '--from',
      'block:50',
      '--to',
      'batch:20',
    )
    expect(part).toMatchObject([{ firstBlock: '50' }])
    const path = String(part[0]?.file)
    const alone = await datastreamer('e2store', 'import', path, '--file', dir.join('t.bin'))
    expect([alone.status, alone.stderr]).toEqual([1, expect.stringContaining('files before it are missing')])
    expect(existsSync(dir.join('t.bin'))).toBe(false)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    await datastreamer('truncate', dir.join('t.bin'), '--entry', String(part[0]?.firstEntry), '--yes')
    await linesOf('e2store', 'import', path, '--file', dir.join('t.bin'))
    const { length } = used(dir.join('t.bin'))
    expect(
      used(dir.join('t.bin'))
        .subarray(4096)
        .equals(used(dir.join('s.bin')).subarray(4096, length)),
    ).toBe(true)
  })

  test('into another stream is refused, and changes nothing', async () => {
    using dir = tempDir()
    await archived(dir)
    await generate(dir.join('other.bin'), 100, 2)
    await generate(dir.join('chain.bin'), 100, 1, 5)
    for (const [target, why] of [
      ['other.bin', 'holds another stream'],
      ['chain.bin', 'holds a stream of system id 5'],
    ] as const) {
      const before = used(dir.join(target))
      const { status, stderr } = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join(target))
      expect([status, stderr]).toEqual([1, expect.stringContaining(why)])
      expect(used(dir.join(target)).equals(before)).toBe(true)
    }
  })

  test('into a stream that differs only inside the segment that is continued is refused', async () => {
    using dir = tempDir()
    await archived(dir)
    copyStream(dir.join('s.bin'), dir.join('t.bin'))
    const store = await openStore({ file: dir.join('t.bin') })
    await store.truncateFile(10n)
    store.startAtomicOp()
    store.addStreamEntry(6, Uint8Array.of(8, 99))
    await store.commitAtomicOp()
    await store.close()
    const { status, stderr } = await datastreamer('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect([status, stderr]).toEqual([1, expect.stringContaining('are others than those of the archive')])
    expect((await jsonOf('info', dir.join('t.bin')))[0]?.totalEntries).toBe('11')
  })

  test('of files with a gap, an overlap, or of two streams is refused', async () => {
    using dir = tempDir()
    const [first = '', second = '', third = ''] = await archived(dir)
    await generate(dir.join('other.bin'), 100, 2)
    await generate(dir.join('chain.bin'), 100, 1, 5)
    const foreign = async (name: string): Promise<string> => {
      const files = await jsonOf(
        'e2store',
        'export',
        dir.join(name),
        '--out',
        dir.join(`${name}.a`),
        '--entries-per-file',
        '40',
      )
      return String(files[1]?.file)
    }
    const short = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('b'),
      '--entries-per-file',
      '40',
    )
    const head = String(short[0]?.file)
    for (const [files, why] of [
      [[first, third], 'begins with entry'],
      [[first, second, head], 'both'],
      [[head, await foreign('other.bin')], 'follows another stream'],
      [[head, await foreign('chain.bin')], 'is not of the stream'],
    ] as const) {
      const { status, stderr } = await datastreamer('e2store', 'import', ...files, '--file', dir.join('t.bin'))
      expect([status, stderr]).toEqual([1, expect.stringContaining(why)])
      expect(existsSync(dir.join('t.bin'))).toBe(false)
    }
    const none = await datastreamer('e2store', 'import', dir.path, '--file', dir.join('t.bin'))
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no archive')])
  })

  test('segments of different splits fit together', async () => {
    using dir = tempDir()
    const files = await archived(dir)
    const [{ nextEntry } = {}] = await jsonOf(
      'e2store',
      'export',
      dir.join('s.bin'),
      '--out',
      dir.join('p'),
      '--to',
      'block:49',
    )
    const next = BigInt(String(nextEntry))
    await linesOf('e2store', 'export', dir.join('s.bin'), '--out', dir.join('p'), '--from', String(next))
    await linesOf('e2store', 'import', dir.join('p'), '--file', dir.join('t.bin'))
    expect(sameStream(dir.join('t.bin'), dir.join('s.bin'))).toBe(true)
    const verified = await linesOf('e2store', 'verify', ...files)
    expect(verified.slice(1).every((line) => line.includes('follows the file before it'))).toBe(true)
  })
})
