import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { canBindMount, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { openLevelIndex } from '../src/bookmarks/level-index.ts'
import { LockedError } from '../src/disk/errors.ts'
import { openStore } from '../src/index.ts'
import { type Holder, hold, runScript } from './bookmarks/process.ts'
import { WAYS } from './locks/ways.ts'

const mounts = canBindMount()
const flock = hasFlock()

function hasFlock(): boolean {
  try {
    execFileSync('flock', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('skipped: there is no program flock here (util-linux)\n')
    return false
  }
}

/** A server's store in a process of its own. */
function holdStore(file: string): Promise<Holder> {
  return runScript(new URL('./locks/hold-store.ts', import.meta.url), file)
}

/** A process that holds `LOCK` as goleveldb does. */
function holdLock(folder: string): Promise<Holder> {
  return hold('flock', ['--no-fork', `${folder}/LOCK`, 'sh', '-c', 'echo locked; exec sleep 600'])
}

/** Why this process cannot open a stream; `undefined` if it can. */
async function refusalOf(file: string): Promise<unknown> {
  try {
    await using _store = await openStore({ file })
    return undefined
  } catch (error) {
    return error
  }
}

/** Whether goleveldb could lock a folder now. */
function canLock(folder: string): boolean {
  try {
    execFileSync('flock', ['--nonblock', `${folder}/LOCK`, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.each(WAYS)('by $name', (way) => {
  const cannot = !flock || (way.mounts && !mounts)

  test.skipIf(cannot)('a second server is refused while the first lives, and no longer', async () => {
    using dir = tempDir()
    await using first = await holdStore(dir.join('data-stream.bin'))
    expect(first.said).toBe('1')
    using other = way.make(dir)
    await using second = await holdStore(other.path)
    expect(second.said).toBe('LOCKED')
    await second.kill()
    await first.kill()
    await using third = await holdStore(other.path)
    expect(third.said).toBe('2')
    await third.kill()
  })

  test.skipIf(cannot)('the first is refused next to one that opened it that way', async () => {
    using dir = tempDir()
    await (await openStore({ file: dir.join('data-stream.bin') })).close()
    using other = way.make(dir)
    await using first = await holdStore(other.path)
    expect(first.said).toBe('1')
    expect(await refusalOf(dir.join('data-stream.bin'))).toBeInstanceOf(LockedError)
    await first.kill()
    await (await openStore({ file: dir.join('data-stream.bin') })).close()
  })

  test.skipIf(cannot || !way.sameIndex)('neither opens next to the lock of a Go server', async () => {
    using dir = tempDir()
    await (await openStore({ file: dir.join('data-stream.bin') })).close()
    using other = way.make(dir)
    await using go = await holdLock(dir.join('data-stream.db'))
    expect(go.said).toBe('locked')
    await using refused = await holdStore(other.path)
    expect(refused.said).toBe('LOCKED')
    await go.kill()
    await using ours = await holdStore(other.path)
    expect(ours.said).toBe('1')
    expect(canLock(dir.join('data-stream.db'))).toBe(false)
    await ours.kill()
    expect(canLock(dir.join('data-stream.db'))).toBe(true)
  })
})

test.skipIf(!flock)('an index that is rebuilt keeps its LOCK locked', async () => {
  using dir = tempDir()
  const folder = dir.join('data-stream.db')
  await (await openLevelIndex({ folder, createIfMissing: true })).close()
  const { ino } = statSync(`${folder}/LOCK`)
  const index = await openLevelIndex({ folder, createIfMissing: true, fresh: true })
  expect(statSync(`${folder}/LOCK`).ino).toBe(ino)
  expect(canLock(folder)).toBe(false)
  await index.close()
  expect(canLock(folder)).toBe(true)
})
