import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { tempDir } from '@datastreamer/fixtures'
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
  const command = [process.execPath, '--conditions=@datastreamer/source', CLI, 'e2store', ...args]
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
    const { code, stdout, stderr } = await untilFirstLine('verify', ...many, dir.join('absent.era1'))
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect([code, stderr]).toEqual([1, 'datastreamer: stopped before all was done: standard output was closed\n'])
  })

  test('has failed where it was not done: an export', async () => {
    using dir = tempDir()
    await datastreamer('generate', dir.join('s.bin'), '--blocks', '2000')
    const args = [dir.join('s.bin'), '--out', dir.join('archive'), '--blocks-per-file', '1']
    const { code, stderr } = await untilFirstLine('export', ...args)
    expect([code, stderr]).toEqual([1, 'datastreamer: stopped before all was done: standard output was closed\n'])
    expect(readdirSync(dir.join('archive')).every((name) => name.endsWith('.e2ds'))).toBe(true)
  })

  test('ends quietly where the output is all there is', async () => {
    using dir = tempDir()
    const file = await writeSmallEra1(dir.join('a.era1'), 3000)
    const { code, stdout, stderr } = await untilFirstLine('cat', file, '--blocks', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ number: '0' })
    expect([code, stderr]).toEqual([0, ''])
  })
})
