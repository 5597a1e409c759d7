import { readdirSync, rmSync } from 'node:fs'
import { canWatchSyncs, RefusedLocks, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { TestServer } from './server.ts'

describe.runIf(canWatchSyncs())('where files cannot be locked', () => {
  test.each(['ENOLCK', 'EOPNOTSUPP'] as const)(
    '(%s) a server refuses to write, and leaves nothing behind',
    async (code) => {
      using dir = tempDir()
      using locks = new RefusedLocks()
      await using server = TestServer.start(['--file', dir.join('s.bin')], { env: locks.env(code) })
      const { status, stdout, stderr } = await server.ended
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /s\.(?:bin|new) cannot be locked: flock ended with status \d+: .*(No locks available|not supported)/,
      )
      expect(readdirSync(dir.path)).toEqual([])
    },
  )

  test('one that only reads needs no lock', async () => {
    using dir = tempDir()
    using locks = new RefusedLocks()
    const file = dir.join('s.bin')
    {
      await using server = TestServer.start(['--file', file])
      await server.firstLine()
      await server.end()
    }
    const options = { env: locks.env('ENOLCK') }
    await using server = TestServer.start(['--file', file, '--read-only'], options)
    await server.firstLine()
    expect((await server.end()).status).toBe(0)
  })
})

test('without the program flock a server says so, and notices all the same that its file is gone', async () => {
  using dir = tempDir()
  const file = dir.join('s.bin')
  const options = { env: { PATH: dir.path } }
  await using server = TestServer.start(['--file', file, '--admin-port', '0'], options)
  const ready = async (): Promise<string> => (await server.admin('/readyz')).text()
  expect(await ready()).toBe('ready\n')
  expect(server.stderr).toContain('no program flock (util-linux) can be run here')
  rmSync(file)
  await expect.poll(ready).toMatch(/not ready: .*s\.bin.*removed/)
})
