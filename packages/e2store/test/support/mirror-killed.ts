import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SourceProcess, tempDir } from '@datastreamer/fixtures'
import { executionArchiveNameOf, writeEra1 } from '../../src/execution.ts'
import { fromBytes, openEra1, toBytes } from '../../src/index.ts'
import { someBytes } from './file-server.ts'
import type { HistoryFiles } from './history-folder.ts'
import { madeChain } from './made-blocks.ts'
import { MirrorServer } from './mirror-server.ts'

const PROGRAM = resolve(import.meta.dirname, 'mirror-program.ts')

/** How it ended. */
export interface KilledMirror {
  readonly kills: number
  /** Whether the folder has the files of the server, byte for byte. */
  readonly isSame: boolean
  /** Bytes of all files. */
  readonly size: number
  /** Bytes that the server sent. */
  readonly sent: number
}

/** A file of history that does not compress. */
async function largeFile(count: number): Promise<HistoryFiles> {
  const blocks = Array.from({ length: count }, (_, i) => ({ header: { extraData: someBytes(6000, i) } }))
  const sink = toBytes()
  await writeEra1(sink, madeChain(blocks))
  const name = await executionArchiveNameOf(await openEra1(fromBytes(sink.bytes())), 'made')
  return new Map([[name, sink.bytes()]])
}

/**
 * Kill a mirror with SIGKILL so many times, each time after another part of the bytes, and then run it to its end.
 *
 * @param blocks of the file that it fetches, of 6 kB each
 */
export async function killMirror(kills: number, blocks: number): Promise<KilledMirror> {
  using dir = tempDir()
  const files = await largeFile(blocks)
  const size = [...files.values()].reduce((sum, { length }) => sum + length, 0)
  let running: SourceProcess | undefined
  let killed = 0
  await using server = await MirrorServer.start(files, {
    writtenTo: dir.path,
    onSent: (sent) => {
      if (killed >= kills || sent < (size * (killed + 1)) / (kills + 1)) return
      killed++
      running?.child.kill('SIGKILL')
    },
  })
  for (;;) {
    await using process = new SourceProcess(PROGRAM, [server.url, dir.path])
    running = process
    const { status, stderr } = await process.ended
    if (status === 'SIGKILL') continue
    if (status !== 0) throw new Error(`ended with ${status}: ${stderr}`)
    break
  }
  const isSame = [...files].every(([name, bytes]) => readFileSync(join(dir.path, name)).equals(bytes))
  return { kills: killed, isSame, size, sent: server.sent }
}
