import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { verifyStream } from '../src/check.ts'
import { openReader, openStore } from '../src/index.ts'

type TempDir = ReturnType<typeof tempDir>

/** What may be at the path of a file; the pipe has no other end. */
const KINDS = [
  { kind: 'a pipe (FIFO)', make: (path: string) => void execFileSync('mkfifo', [path]) },
  { kind: 'a folder', make: (path: string) => void mkdirSync(path) },
  {
    kind: 'a socket',
    make: async (path: string) => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(path, resolve))
      return server
    },
  },
] as const

/** Put something at the path of a file, and check that opening is refused. */
async function expectRefused(
  dir: TempDir,
  name: string,
  { kind, make }: (typeof KINDS)[number],
  open: (file: string) => Promise<unknown>,
): Promise<void> {
  const server = await make(dir.join(name))
  try {
    const message = expect.stringContaining(`${name} is ${kind}, expected a file`)
    await expect(open(dir.join('data-stream.bin'))).rejects.toMatchObject({ code: 'NOT_A_FILE', message })
  } finally {
    server?.close()
  }
}

describe.skipIf(process.platform === 'win32').each(KINDS)('$kind is not opened', (what) => {
  test('as a stream file, by a writer or a reader', async () => {
    using dir = tempDir()
    const opens = [
      (file: string) => openStore({ file }),
      (file: string) => openReader({ file }),
      (file: string) => openReader({ file, follow: true }),
      (file: string) => verifyStream({ file }).next(),
    ]
    let refused = 0
    await expectRefused(dir, 'data-stream.bin', what, async (file) => {
      const results = await Promise.allSettled(opens.map((open) => open(file)))
      refused = results.filter(({ status }) => status === 'rejected').length
      return opens[0]?.(file)
    })
    expect(refused).toBe(opens.length)
  })

  test.each(['data-stream.commits', 'data-stream.update', 'data-stream.new'])('as %s', async (name) => {
    using dir = tempDir()
    const file = dir.join('data-stream.bin')
    await (await openStore({ file })).close()
    renameSync(name.endsWith('.new') ? file : dir.join('data-stream.commits'), dir.join('away'))
    await expectRefused(dir, name, what, (path) => openStore({ file: path }))
  })
})

test.skipIf(process.platform !== 'linux')('a device is not opened', async () => {
  for (const open of [openStore, openReader]) {
    await expect(open({ file: '/dev/zero' })).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      message: '/dev/zero is a device, expected a file',
    })
  }
})
