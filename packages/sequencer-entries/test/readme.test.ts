import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as api from '../src/index.ts'

const folder = join(import.meta.dirname, '..')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')

test('the quick start runs', () => {
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1]
  if (code === undefined) throw new Error('no quick start')
  const args = ['--conditions=@datastreamer/source', '--input-type=module']
  const lines = execFileSync(process.execPath, args, { cwd: folder, input: code, encoding: 'utf8' }).trim().split('\n')
  expect(lines).toHaveLength(6)
  expect(lines[0]).toMatch(/^0n 0n 9n \d+$/)
  expect(JSON.parse(lines[5] ?? '')).toMatchObject({ number: '2', forkId: '9' })
})

test('the functions and classes that it lists are there', () => {
  const named = [...readme.matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map(([, name]) => name ?? '')
  const listed = named.filter((name) =>
    /^(decode|encode|assemble|check|dump|generate|suggest|to[A-Z])|Assembler|Checker|Boundaries/.test(name),
  )
  expect(listed.length).toBeGreaterThan(10)
  expect(listed.filter((name) => !(name in api))).toEqual([])
})
