import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { datastreamer } from './cli.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())
const stream = folder.join('s.bin')
const era1 = folder.join('x.era1')
const damaged = folder.join('damaged.era')
const archives = folder.join('archive')
let archive = ''

beforeAll(async () => {
  await datastreamer('generate', stream, '--blocks', '5')
  const { status } = await datastreamer('e2store', 'export', stream, '--out', archives)
  expect(status).toBe(0)
  archive = `${archives}/${readdirSync(archives).find((name) => name.endsWith('.e2ds'))}`
  writeFileSync(era1, Uint8Array.of(0x65, 0x32, 0, 0, 0, 0, 0, 0))
  writeFileSync(damaged, 'not what it says')
})

test.each([
  ['info'],
  ['tail'],
  ['entry', '0'],
  ['bookmark', '--block', '1'],
  ['dump-batch', '0'],
  ['sanity'],
  ['verify'],
  ['recover'],
  ['truncate', '--entry', '1'],
  ['reindex'],
  ['e2store', 'export', '--out', folder.join('out')],
])('%j names e2store info', async (...command) => {
  const at = command[0] === 'e2store' ? 2 : 1
  for (const file of [era1, damaged, archive]) {
    const args = [...command.slice(0, at), file, ...command.slice(at)]
    const { status, stdout, stderr } = await datastreamer(...args)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^datastreamer: \S+ is an e2store file, not a stream file: datastreamer e2store info \S+ shows/,
    )
    expect(stderr.includes('e2store import makes the stream file again')).toBe(file === archive)
  }
})

test.each([
  ['info'],
  ['cat'],
  ['index', '--out', folder.join('x.e2i')],
  ['split', '--out', folder.join('split')],
  ['merge', '--out', folder.join('m.era')],
  ['import', '--file', folder.join('n.bin')],
])('e2store %j names info', async (name, ...options) => {
  const { status, stdout, stderr } = await datastreamer('e2store', name, stream, ...options)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^datastreamer: \S+ is a stream file, not an e2store file: datastreamer info \S+ shows it, and e2/,
  )
  expect(options[1] !== undefined && existsSync(options[1]) && readdirSync(folder.path).includes('n.bin')).toBe(false)
})

test('e2store verify names it among its results', async () => {
  const { status, stdout } = await datastreamer('e2store', 'verify', stream)
  expect([status, stdout]).toEqual([1, expect.stringMatching(/^FAILED {2}\S+ is a stream file, not an e2store file: /)])
})
