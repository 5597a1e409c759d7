import { writeFileSync } from 'node:fs'
import { buildSegments, segmentNameOf, streamStart } from '@datastreamer/archive'
import { nodeSha256, nodeZstdEncoder } from '@datastreamer/archive/node'
import { tempDir } from '@datastreamer/fixtures'
import { concatBytes } from '@datastreamer/format'
import { openReader } from '@datastreamer/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { generator, sameStream } from './stream-files.ts'

const dir = tempDir()
afterAll(() => dir[Symbol.dispose]())

describe('segments of layout 2', () => {
  const stream = dir.join('s.bin')
  const files: string[] = []

  beforeAll(async () => {
    await generator(dir.path)(stream, 100)
    await using reader = await openReader(stream)
    const { totalEntries, totalLength, ...identity } = reader.getHeader()
    const [header] = await jsonOf(
      'e2store',
      'export',
      stream,
      '--out',
      dir.join('layout-1'),
      '--blocks-per-file',
      '999',
    )
    const digest = Uint8Array.from(Buffer.from(String(header?.digest).slice(2), 'hex'))
    const options = { identity, encoding: 'protobuf', segmentBytes: 30_000, rest: true } as const
    const tools = { start: streamStart(identity, nodeSha256), sha256: nodeSha256, zstd: nodeZstdEncoder }
    for await (const segment of buildSegments(reader.operations(), { ...options, ...tools })) {
      const path = dir.join(segmentNameOf(segment.header, segment.index.end))
      writeFileSync(path, concatBytes(segment.chunks))
      files.push(path)
    }
    expect(files.length).toBeGreaterThan(2)
    expect(files.at(-1)).toContain(Buffer.from(digest.subarray(0, 4)).toString('hex'))
  })

  test('are described', async () => {
    const [file = ''] = files
    const [facts] = await jsonOf('e2store', 'info', file, '--records')
    expect(facts).toMatchObject({
      ...{ kind: 'e2ds', layout: 2, encoding: 'protobuf', firstEntry: '0', firstBlock: '0' },
      ...{ recordCount: 1, bookmarkPages: 1, name: { result: 'fits' } },
      records: ['Version', 'StreamHeader', 'StreamRecord', 'StreamBookmarks', 'StreamIndex'].map((name) => {
        return expect.objectContaining({ name, records: 1 })
      }),
    })
    const text = (await linesOf('e2store', 'info', file)).join('\n')
    expect(text).toMatch(/^records +1, [\d,]+ bytes of entries, ratio [\d.]+$/m)
    expect(text).toMatch(/^operations +\d+ boundar/m)
    expect(text).toMatch(/^bookmarks +1 page$/m)
    expect(text).toMatch(/^batches +0 to \d+$/m)
    expect(text).toMatch(/^times +2023-11-14 22:13:20 to /m)
  })

  test('verify, also that they follow each other', async () => {
    const lines = await linesOf('e2store', 'verify', ...files)
    expect(lines.slice(0, files.length)).toEqual(files.map((file) => expect.stringContaining(`${file}: `)))
    expect(lines.filter((line) => line.includes('follows the file before it')).length).toBe(files.length - 1)
  })

  test('have blocks to print, all or one', async () => {
    const printed: string[] = []
    for (const file of files) printed.push(...(await linesOf('e2store', 'cat', file, '--blocks')))
    expect(printed.length).toBe(100)
    const [facts] = await jsonOf('e2store', 'info', files[1] ?? '')
    const number = String(BigInt(String(facts?.firstBlock)) + 1n)
    const [line = ''] = await linesOf('e2store', 'cat', files[1] ?? '', '--block', number)
    expect(printed).toContain(line)
  })

  test('are imported: the stream has the same used bytes', async () => {
    const target = dir.join('t.bin')
    expect((await linesOf('e2store', 'import', ...files, '--file', target)).length).toBe(files.length)
    expect(sameStream(target, stream)).toBe(true)
    const again = await datastreamer('e2store', 'import', ...files, '--file', target)
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('holds all of it already')])
  })
})
