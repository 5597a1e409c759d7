import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const APPS = resolve(import.meta.dirname, '../..')
/** Has this Node say that it is an old one. */
const AS_OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.1.0'}})`

test.each([
  ['server', 'datastreamer-server'],
  ['relay', 'datastreamer-relay'],
  ['cli', 'datastreamer'],
])('%s: an old Node gets one line that says what is needed, and nothing is loaded', (app, name) => {
  const node = ['--conditions=@datastreamer/source', '--import', AS_OLD]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, `${APPS}/${app}/src/main.ts`, '--help'], {
    encoding: 'utf8',
    timeout: 280_000,
  })
  expect(stderr).toMatch(new RegExp(`^${name}: needs Node 22\\.18 or later.*; this is 20\\.1\\.0\\n$`))
  expect([status, stdout]).toEqual([1, ''])
})
