import { chmodSync, closeSync, openSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterEach, expect, test, vi } from 'vitest'
import { takeFlock } from './flock.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What is made of a program `flock` that does this; of none, if it is `undefined`. */
async function takenBy(script: string | undefined, mode = 0o755): ReturnType<typeof takeFlock> {
  using dir = tempDir()
  if (script !== undefined) {
    writeFileSync(dir.join('flock'), `#!/bin/sh\n${script}\n`)
    chmodSync(dir.join('flock'), mode)
  }
  writeFileSync(dir.join('file'), '')
  const fd = openSync(dir.join('file'), 'r+')
  vi.stubEnv('PATH', dir.path)
  try {
    return await takeFlock(fd)
  } finally {
    closeSync(fd)
  }
}

test.each([
  ['is locked', 'exit 0', 'free'],
  ['is locked, and something is said about it', 'echo hm >&2', 'free'],
  ['has another owner', 'exit 1', 'taken'],
  ['is unknown, where there is no such program', undefined, 'no-program'],
])('the file %s', async (_, script, outcome) => {
  expect(await takenBy(script)).toBe(outcome)
})

test('the program is asked for the descriptor that it was given, without waiting', async () => {
  await expect(takenBy('echo "$@" >&2; echo as >&3 && exit 2')).rejects.toThrow('flock ended with status 2: -x -n 3')
})

test.each([
  ['says why', 'echo "flock: 3: No locks available" >&2; exit 1', 'status 1: flock: 3: No locks available'],
  ['ends otherwise', 'exit 69', 'status 69'],
  ['is killed', 'kill -9 $$', 'SIGKILL'],
])('a file is not taken for locked by another if the program %s', async (_, script, message) => {
  await expect(takenBy(script)).rejects.toThrow(`flock ended with ${message}`)
})

test('a program that cannot be run is not none', async () => {
  await expect(takenBy('exit 0', 0o644)).rejects.toMatchObject({ code: 'EACCES' })
})
