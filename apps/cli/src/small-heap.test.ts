import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { missingFlags, type StartedProcess } from './small-heap.ts'

const started: StartedProcess = { execArgv: ['--conditions=x'], env: {}, platform: 'linux' }

test('a process is started again once, unless its flags say otherwise', () => {
  const flags = missingFlags(started)
  expect(flags).toEqual(['--max-semi-space-size=4'])
  expect(missingFlags({ ...started, execArgv: [...flags, ...started.execArgv] })).toEqual([])
  expect(missingFlags({ ...started, execArgv: ['--max_semi_space_size=16'] })).toEqual([])
  expect(missingFlags({ ...started, env: { NODE_OPTIONS: '--a --max-semi-space-size=64' } })).toEqual([])
})

test('a process that cannot be started again, or would lose its parent by that, goes on', () => {
  expect(missingFlags({ ...started, platform: 'win32' })).toEqual([])
  expect(missingFlags({ ...started, channel: {} })).toEqual([])
})

test.skipIf(process.platform === 'win32')('the server is the process that was started, with these flags', () => {
  const report = 'console.error(process.pid,process.execArgv[0]);if(/semi/.test(process.execArgv[0]))process.exit(7)'
  const flags = ['--conditions=@datastreamer/source', '--import', `data:text/javascript,${report}`]
  const main = resolve(import.meta.dirname, 'main.ts')
  const run = spawnSync(process.execPath, [...flags, main, 'e2store', 'serve', 'folder'], { encoding: 'utf8' })
  expect(run.stderr).toBe(`${run.pid} ${flags[0]}\n${run.pid} --max-semi-space-size=4\n`)
  expect(run.status).toBe(7)
})
