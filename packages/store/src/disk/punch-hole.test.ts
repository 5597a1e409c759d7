import { chmodSync, closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { punchHole } from './punch-hole.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const BYTES = 1_048_576

describe.skipIf(process.platform !== 'linux')('bytes of a file', () => {
  test('are zero and take no space, the others stay, and so does the size', async () => {
    using dir = tempDir()
    writeFileSync(dir.join('file'), Buffer.alloc(4 * BYTES, 7))
    const fd = openSync(dir.join('file'), 'r+')
    fsyncSync(fd)
    const before = fstatSync(fd).blocks
    await punchHole(fd, BYTES, 3 * BYTES)
    expect((before - fstatSync(fd).blocks) * 512).toBe(2 * BYTES)
    await punchHole(fd, BYTES, BYTES)
    closeSync(fd)
    const wanted = Buffer.concat([Buffer.alloc(BYTES, 7), Buffer.alloc(2 * BYTES), Buffer.alloc(BYTES, 7)])
    expect(Buffer.compare(readFileSync(dir.join('file')), wanted)).toBe(0)
  })
})

test.each([
  ['is not there', undefined, 0o755, 'there is no program fallocate (util-linux)'],
  ['says why', 'echo "not supported" >&2; exit 1', 0o755, 'fallocate ended with status 1: not supported'],
  ['is killed', 'kill -9 $$', 0o755, 'fallocate ended with SIGKILL'],
  ['cannot be run', 'exit 0', 0o644, 'EACCES'],
])('nothing is freed if the program %s', async (_, script, mode, why) => {
  using dir = tempDir()
  if (script !== undefined) {
    writeFileSync(dir.join('fallocate'), `#!/bin/sh\n${script}\n`)
    chmodSync(dir.join('fallocate'), mode)
  }
  writeFileSync(dir.join('file'), Buffer.alloc(100, 7))
  const fd = openSync(dir.join('file'), 'r+')
  vi.stubEnv('PATH', dir.path)
  try {
    const error = { name: 'DiskError', code: 'CANNOT_FREE', message: expect.stringContaining(why) }
    await expect(punchHole(fd, 0, 50)).rejects.toMatchObject(error)
  } finally {
    closeSync(fd)
  }
})
