import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { openEra1 } from '@datastreamer/e2store'
import { archiveIdentity, formatExecutionArchiveName } from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { writeSmallEra1 } from './e2store-files.ts'

/** A folder with an era of some empty blocks, under its right name. */
async function folderOf(path: string, blocks: number): Promise<string> {
  mkdirSync(path)
  const written = await writeSmallEra1(`${path}/a`, blocks)
  await using source = await openFile(written)
  const identity = await archiveIdentity(await openEra1(source))
  renameSync(written, `${path}/${formatExecutionArchiveName({ ...identity, network: 'own' })}`)
  return path
}

describe('e2store export-parquet', () => {
  test('writes a file for each table, and keeps them the next time', async () => {
    using dir = tempDir()
    const from = await folderOf(dir.join('files'), 5)
    const out = dir.join('out')
    expect(await linesOf('e2store', 'export-parquet', from, out)).toEqual([
      expect.stringMatching(/^blocks: 5 rows in 1 file, [\d.]+ kB$/),
      expect.stringMatching(/^transactions: 0 rows in 1 file, /),
      expect.stringMatching(/^receipts: 0 rows in 1 file, /),
      expect.stringMatching(/^logs: 0 rows in 1 file, /),
      expect.stringMatching(/^withdrawals: 0 rows in 1 file, /),
      '5 blocks',
    ])
    expect(readdirSync(`${out}/blocks`)).toEqual(['own-00000.parquet'])
    expect(await linesOf('e2store', 'export-parquet', from, out)).toEqual(['kept: 5 files that were there', '5 blocks'])
  })

  test('some tables, some blocks, as JSON', async () => {
    using dir = tempDir()
    const from = await folderOf(dir.join('files'), 5)
    const out = dir.join('out')
    expect(
      await jsonOf('e2store', 'export-parquet', from, out, '--tables', 'logs, blocks', '--blocks', '1..3'),
    ).toEqual([
      { file: expect.objectContaining({ table: 'blocks', era: '0', rows: 3 }) },
      { file: expect.objectContaining({ table: 'logs', rows: 0 }) },
      { result: { blocks: '3', kept: 0, missing: [] } },
    ])
    expect(readdirSync(out)).toEqual(['blocks', 'logs'])
  })

  test('blocks that are not held are named, with status 1', async () => {
    using dir = tempDir()
    const from = await folderOf(dir.join('files'), 5)
    const { status, stdout, stderr } = await datastreamer(
      ...['e2store', 'export-parquet', from, dir.join('out'), '--blocks', '3..9', '--tables', 'blocks'],
    )
    expect([status, stderr]).toEqual([1, 'MISSING blocks 5 to 9\n'])
    expect(stdout).toContain('blocks: 2 rows in 1 file')
    const none = await datastreamer('e2store', 'export-parquet', from, dir.join('out'), '--blocks', '100..')
    expect([none.status, none.stderr]).toEqual([
      1,
      `datastreamer: ${from}: none of these blocks are held (NO_BLOCKS)\n`,
    ])
  })

  test('what cannot be read is explained', async () => {
    using dir = tempDir()
    const absent = await datastreamer('e2store', 'export-parquet', dir.join('absent'), dir.join('out'))
    expect([absent.status, absent.stderr]).toEqual([1, expect.stringContaining('there is no such file or folder')])
    expect(absent.stderr.split('\n')).toHaveLength(2)
    mkdirSync(dir.join('empty'))
    const empty = await datastreamer('e2store', 'export-parquet', dir.join('empty'), dir.join('out'))
    expect([empty.status, empty.stderr]).toEqual([1, expect.stringContaining('NO_FILES')])
    const table = await datastreamer(
      'e2store',
      'export-parquet',
      dir.join('empty'),
      dir.join('out'),
      '--tables',
      'traces',
    )
    expect(table.status).toBe(2)
  })
})
