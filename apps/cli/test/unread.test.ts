import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { bundledApp, FROM_SOURCE, tempDir } from '@datastreamer/fixtures'
import { openStore } from '@datastreamer/store'
import { describe, expect, test } from 'vitest'
import { CLI, datastreamer } from './cli.ts'
import { writeSmallEra1 } from './e2store-files.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Run a command whose output is read to the end of its first line only. */
async function untilFirstLine(...args: readonly string[]): Promise<Ended> {
  const script = 'set -o pipefail; "$@" | head -1'
  const command = [process.execPath, ...FROM_SOURCE, bundledApp(CLI), ...args]
  try {
    return { code: 0, ...(await promisify(execFile)('bash', ['-c', script, 'bash', ...command])) }
  } catch (error) {
    return error as Ended
  }
}

describe('work of which nobody reads the output', () => {
  test('has failed where it was not done: files that verify', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 1)
    const many = Array.from({ length: 2000 }, () => file)
    const { code, stdout, stderr } = await untilFirstLine('e2store', 'verify', ...many, dir.join('absent.era1'))
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect([code, stderr]).toEqual([1, 'datastreamer: stopped before all was done: standard output was closed\n'])
  })

  test('has failed where it was not done: an export', async () => {
    using dir = tempDir()
    await datastreamer('generate', dir.join('s.bin'), '--blocks', '2000')
    const args = [dir.join('s.bin'), '--out', dir.join('archive'), '--blocks-per-file', '1']
    const { code, stderr } = await untilFirstLine('e2store', 'export', ...args)
    expect([code, stderr]).toEqual([1, 'datastreamer: stopped before all was done: standard output was closed\n'])
    expect(readdirSync(dir.join('archive')).every((name) => name.endsWith('.e2ds'))).toBe(true)
  })

  test('has failed where it was not done: a damaged stream', async () => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    const entries = 5000
    await using store = await openStore({ file, fsync: 'never' })
    store.startAtomicOp()
    for (let i = 0; i < entries; i++) store.addStreamEntry(1, new Uint8Array(10))
    await store.commitAtomicOp()
    await store.close()
    const bytes = readFileSync(file)
    // Every other number is wrong.
    for (let i = 1; i < entries; i += 2) bytes[4096 + 27 * i + 10] = 1
    writeFileSync(file, bytes)
    const { code, stdout, stderr } = await untilFirstLine('verify', file)
    expect(stdout).toMatch(/^BAD_NUMBER: .*\n$/)
    expect([code, stderr]).toEqual([1, 'datastreamer: stopped before all was done: standard output was closed\n'])
  })

  test('ends quietly where the output is all there is', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3000)
    const { code, stdout, stderr } = await untilFirstLine('e2store', 'cat', file, '--blocks', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ number: '0' })
    expect([code, stderr]).toEqual([0, ''])
  })
})
