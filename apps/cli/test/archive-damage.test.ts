import { readFileSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { used } from './stream-files.ts'

describe('a damaged segment', () => {
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
