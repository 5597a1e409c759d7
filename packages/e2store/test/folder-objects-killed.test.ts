import { readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { canWatchSyncs, runSource, SourceProcess, tempDir, WatchedSyncs } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { expectBytes } from './support/expect-bytes.ts'
import { someBytes } from './support/file-server.ts'

const PROGRAM = resolve(import.meta.dirname, 'support/store-program.ts')

/** The program's objects by number, whose bytes follow from it. */
function storedNumbers(folder: string): number[] {
  const files = readdirSync(resolve(folder, 'segment'), { recursive: true, withFileTypes: true })
  return files
    .filter((file) => file.isFile())
    .map(({ name, parentPath }) => {
      expectBytes(readFileSync(resolve(parentPath, name)), someBytes(20_000 + Number(name), Number(name)))
      return Number(name)
    })
}

test('a publisher that is killed leaves whole objects, and nothing else after its next start', async () => {
  using dir = tempDir()
  for (const lines of [1, 5, 12]) {
    await using process = new SourceProcess(PROGRAM, [dir.path, '100000'])
    process.child.stdout?.on('data', () => {
      if (process.stdout.split('\n').length > lines) process.child.kill('SIGKILL')
    })
    const { status, stdout } = await process.ended
    expect(status).toBe('SIGKILL')
    const durable = Number(stdout.split('\n').at(-2))
    const numbers = storedNumbers(dir.path)
    expect(Array.from({ length: durable }, (_, n) => n).filter((n) => !numbers.includes(n))).toEqual([])
    const checkpoint = readFileSync(dir.join('checkpoint'))
    expectBytes(checkpoint, someBytes(checkpoint.length, checkpoint.length - 20_000))
  }
  const { status } = await runSource(PROGRAM, [dir.path, '8'])
  expect([status, readdirSync(dir.join('.put'))]).toEqual([0, []])
  expect(statSync(dir.join('segment', '0', '0')).nlink).toBe(1)
})

test.runIf(canWatchSyncs())('files and the folders that have their names are made durable', async () => {
  using dir = tempDir()
  using syncs = new WatchedSyncs(dir.path)
  const log = dir.join('made', 'log')
  expect(await runSource(PROGRAM, [log, '4'], { env: syncs.env })).toMatchObject({ status: 0 })
  const paths = syncs.calls.map(({ path }) => path)
  expect(syncs.calls.every(({ call }) => call === 'fsync')).toBe(true)
  const unfinished = paths.filter((path) => path.startsWith(`${log}/.put/`))
  expect(unfinished).toHaveLength(5)
  // The folders above come first, the one that has the name last.
  const firstFile = paths.findIndex((path) => path.startsWith(`${log}/.put/`))
  const above = [dir.path, dir.join('made'), log, `${log}/segment`].map((folder) => paths.indexOf(folder))
  expect(above.filter((at) => at < 0 || at > firstFile)).toEqual([])
  expect([0, 1, 2].filter((n) => paths.lastIndexOf(`${log}/segment/${n}`) < firstFile)).toEqual([])
  expect(paths.at(-1)).toBe(log)
  // Again nothing is written, and yet it is made durable: whoever wrote it may have been killed before.
  const before = syncs.calls.length
  expect(await runSource(PROGRAM, [log, '4'], { env: syncs.env })).toMatchObject({ status: 0 })
  const again = syncs.calls.slice(before).map(({ path }) => path)
  expect(again.filter((path) => path.startsWith(`${log}/.put/`))).toHaveLength(1)
  expect(again).toEqual(expect.arrayContaining([`${log}/segment/1/1`, `${log}/segment/1`, `${log}/segment`, log]))
  syncs.let('fail')
  const fresh = dir.join('fresh')
  const { status, stderr } = await runSource(PROGRAM, [fresh, '4'], { env: syncs.env })
  expect([status, stderr]).toEqual([1, expect.stringContaining('EIO')])
})
