import { readFileSync, writeFileSync } from 'node:fs'
import { fromBytes } from '@datastreamer/e2store'
import { tempDir } from '@datastreamer/fixtures'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArchiveFile } from '../src/archive/archive-file.ts'
import { archiveBlock, archiveBlocks } from '../src/archive/read-block.ts'
import { verifyArchiveFile } from '../src/archive/verify-archive.ts'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { used } from './stream-files.ts'

const { signal } = new AbortController()

/** What a damaged archive may end in: an error that tells a code, nothing else. */
const TYPED = expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/) })

describe('a damaged archive', () => {
  const dir = tempDir()
  const stream = dir.join('s.bin')
  const files: string[] = []
  let first: Uint8Array = new Uint8Array(0)
  let second: Uint8Array = new Uint8Array(0)

  beforeAll(async () => {
    await linesOf('generate', stream, '--blocks', '30')
    for (const { file } of await jsonOf(
      'e2store',
      'export',
      stream,
      '--out',
      dir.join('a'),
      '--blocks-per-file',
      '14',
    )) {
      files.push(String(file))
    }
    first = Uint8Array.from(readFileSync(files[0] ?? ''))
    second = Uint8Array.from(readFileSync(files[1] ?? ''))
  })

  afterAll(() => dir[Symbol.dispose]())

  const verify = async (bytes: Uint8Array): Promise<unknown> =>
    verifyArchiveFile(await ArchiveFile.open(fromBytes(bytes)), { signal })

  test('verifies undamaged', async () => {
    expect(files.length).toBeGreaterThan(1)
    await verify(first)
    await verify(second)
  })

  test('is found out, whichever byte of whichever part is changed', async () => {
    for (const bytes of [first, second]) {
      const { endPosition } = await ArchiveFile.open(fromBytes(bytes))
      // Every byte of what is small; of the entries, one here and there.
      for (let at = 0; at < bytes.length; at += at < 120 || at >= endPosition - 40 ? 1 : 97) {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
        await expect(verify(damaged), `byte ${at}`).rejects.toEqual(TYPED)
      }
    }
  })

  test('whose entries cannot be read as the blocks that it claims is an error of the file', async () => {
    const otherEncoding = first.slice()
    otherEncoding[8 + 8 + 3] = 3
    await expect(verify(otherEncoding)).rejects.toMatchObject({ name: 'ArchiveError' })
  })

  test('is found out, wherever it is cut, and with bytes behind it', async () => {
    for (let length = 0; length < first.length; length += length < 200 || length > first.length - 200 ? 7 : 211) {
      await expect(verify(first.subarray(0, length)), `${length} bytes`).rejects.toEqual(TYPED)
    }
    await expect(verify(Uint8Array.of(...first, 0))).rejects.toEqual(TYPED)
    await expect(verify(Uint8Array.of(...first, ...first))).rejects.toEqual(TYPED)
  })

  test('of the records of two archives is found out', async () => {
    const ours = await ArchiveFile.open(fromBytes(first))
    const theirs = await ArchiveFile.open(fromBytes(second))
    const swapped = Uint8Array.of(
      ...second.subarray(0, 88),
      ...first.subarray(88, ours.endPosition),
      ...second.subarray(theirs.endPosition),
    )
    await expect(verify(swapped)).rejects.toEqual(TYPED)
  })

  test('never crashes a reader, nor gives another block than was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.bigInt(0n, 20n),
        async (changes, number) => {
          const damaged = first.slice()
          for (const [at, value] of changes) damaged[at % damaged.length] = value
          const read = async (): Promise<void> => {
            const file = await ArchiveFile.open(fromBytes(damaged))
            const block = await archiveBlock(file, number)
            if (block !== undefined) expect(block.number).toBe(number)
            for await (const blocks of archiveBlocks(file)) expect(blocks.every(({ number: n }) => n >= 0n)).toBe(true)
          }
          await read().catch((error: unknown) => expect(error).toEqual(TYPED))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('brings nothing into a stream file, and what was there stays', async () => {
    const damaged = second.slice()
    damaged[second.length >> 1] = (damaged[second.length >> 1] ?? 0) ^ 4
    writeFileSync(dir.join('damaged.e2ds'), damaged)
    const [begin = '', , ...rest] = files
    const target = dir.join('t.bin')
    const result = await datastreamer('e2store', 'import', begin, dir.join('damaged.e2ds'), ...rest, '--file', target)
    expect(result.status).toBe(1)
    expect(result.stderr).toContain(`${dir.join('damaged.e2ds')}: verify: `)
    const [info] = await jsonOf('e2store', 'info', begin)
    expect((await jsonOf('info', target))[0]?.totalEntries).toBe(info?.nextEntry)
    expect(await linesOf('verify', target)).toContain('result     whole')
    const whole = used(stream)
    const back = used(target)
    expect(back.subarray(4096).equals(whole.subarray(4096, back.length))).toBe(true)
  })

  test('makes no stream file', async () => {
    const damaged = first.slice()
    damaged[first.length >> 1] = (damaged[first.length >> 1] ?? 0) ^ 4
    writeFileSync(dir.join('damaged.e2ds'), damaged)
    const { status } = await datastreamer('e2store', 'import', dir.join('damaged.e2ds'), '--file', dir.join('none.bin'))
    expect(status).toBe(1)
    expect((await datastreamer('info', dir.join('none.bin'))).status).toBe(1)
  })

  test('fails to verify by command, others do not; a wrong name too', async () => {
    const [good = ''] = files
    writeFileSync(dir.join('damaged.e2ds'), first.subarray(0, 500))
    writeFileSync(dir.join('1101-0000000000-00000000.e2ds'), first)
    const { status, stdout } = await datastreamer(
      'e2store',
      'verify',
      dir.join('damaged.e2ds'),
      good,
      dir.join('1101-0000000000-00000000.e2ds'),
      dir.join('absent.e2ds'),
    )
    expect(status).toBe(1)
    expect(stdout.split('\n').map((line) => line.slice(0, 6).trim())).toEqual(['FAILED', 'ok', 'FAILED', 'FAILED', ''])
    expect(stdout).toContain('WRONG_NAME')
    expect(stdout).toContain(`FAILED  ${dir.join('absent.e2ds')}: there is no such file\n`)
  })
})
