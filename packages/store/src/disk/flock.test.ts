import { chmodSync, closeSync, openSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterEach, expect, test, vi } from 'vitest'
import { takeFlock } from './flock.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The outcome with a program `flock` that runs `script`; with no such program if it is `undefined`. */
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
  ['is locked, and the program prints something', 'echo hm >&2', 'free'],
  ['is locked by another process', 'exit 1', 'taken'],
  ['is not locked where there is no such program', undefined, 'no-program'],
])('the file %s', async (_, script, outcome) => {
  expect(await takenBy(script)).toBe(outcome)
})

test('the program locks the descriptor that it was given, without waiting', async () => {
  await expect(takenBy('echo "$@" >&2; echo as >&3 && exit 2')).rejects.toThrow('flock ended with status 2: -x -n 3')
})

test.each([
  ['prints an error', 'echo "flock: 3: No locks available" >&2; exit 1', 'status 1: flock: 3: No locks available'],
  ['exits with another status', 'exit 69', 'status 69'],
  ['is killed', 'kill -9 $$', 'SIGKILL'],
])('a file does not count as locked by another process if the program %s', async (_, script, message) => {
  await expect(takenBy(script)).rejects.toThrow(`flock ended with ${message}`)
})

test('a program that cannot be run does not count as absent', async () => {
  await expect(takenBy('exit 0', 0o644)).rejects.toMatchObject({ code: 'EACCES' })
})
