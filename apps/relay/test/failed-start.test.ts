import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { runSource, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { Source } from './support/source.ts'

const MAIN = resolve(import.meta.dirname, '../src/main.ts')

test('a relay that cannot listen leaves nothing of the file that it made', async () => {
  using dir = tempDir()
  mkdirSync(dir.join('relay'))
  await using source = await Source.start({ file: dir.join('source.bin') })
  await source.commitMany(3, 3)
  const file = dir.join('relay', 'sub', 'relay.bin')
  const ended = await runSource(MAIN, [
    '--server',
    source.address,
    '--file',
    file,
    '--host',
    '192.0.2.1',
    '--port',
    '0',
  ])
  expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('192.0.2.1')])
  expect(readdirSync(dir.join('relay'))).toEqual([])
})

test('--must-exist, and a link that leads nowhere: it says so at once, whether an upstream is there or not', async () => {
  using dir = tempDir()
  symlinkSync(dir.join('volume', 'relay.bin'), dir.join('link.bin'))
  const args = ['--server', '127.0.0.1:1', '--port', '0']
  const missing = await runSource(MAIN, [...args, '--must-exist', '--file', dir.join('none.bin')])
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('none.bin: there is no such file')])
  const nowhere = await runSource(MAIN, [...args, '--file', dir.join('link.bin')])
  expect([nowhere.status, nowhere.stderr]).toEqual([1, expect.stringContaining(dir.join('volume', 'relay.bin'))])
  expect(readdirSync(dir.path)).toEqual(['link.bin'])
})
