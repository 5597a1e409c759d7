import { writeFileSync } from 'node:fs'
import { runSource, tempDir } from '@datastreamer/fixtures'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CLI, datastreamer } from './cli.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

/** A name that clears the screen, makes a line of its own and turns the rest around. */
const EVIL = 'a\x1b[2J\nDONE\x9b\u202e\x7f'
const SHOWN = 'a\\u001b[2J\\nDONE\\u009b\\u202e\\u007f'
const file = folder.join(`${EVIL}.bin`)
const nope = folder.join(`${EVIL}.nope`)
const text = folder.join(`${EVIL}.txt`)

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/

beforeAll(async () => {
  writeFileSync(text, 'hello')
  const { status } = await datastreamer('generate', file, '--blocks', '3')
  expect(status).toBe(0)
})

test('as a process: names are shown, not obeyed', async () => {
  const { stdout, stderr } = await runSource(CLI, ['info', file])
  expect(stdout).toContain(SHOWN)
  expect(stdout).not.toMatch(OBEYED)
  expect(stderr).toBe('')
})

test.each([
  ['info', nope],
  ['info', text],
  ['info', file, '--json'],
  ['info', `${EVIL}:6900`],
  ['info', folder.path, EVIL],
  ['tail', file, '--from', EVIL],
  ['tail', file, '--from', '99999', '--no-follow'],
  ['entry', file, '99999'],
  ['bookmark', file, '--block', '99999'],
  ['dump-batch', file, '99999'],
  ['verify', text],
  ['verify', nope],
  ['reindex', file],
  ['generate', file, '--blocks', '3'],
  ['info', '127.0.0.1:1', '--tls-ca', text],
  ['e2store', 'info', text],
  ['e2store', 'info', nope],
  ['e2store', 'verify', text, nope],
  ['e2store', 'cat', file],
  ['e2store', 'export', file, '--out', folder.join(`${EVIL}-out`)],
  [EVIL],
])('%j', async (...args) => {
  const { stdout, stderr } = await datastreamer(...args)
  expect(stdout + stderr).not.toMatch(OBEYED)
  expect(stdout + stderr).not.toMatch(/^DONE/m)
  expect(`${stdout}${stderr}`).toMatch(/\S/)
  if (args.includes('--json')) expect(JSON.parse(stdout)).toMatchObject({ source: file })
})
