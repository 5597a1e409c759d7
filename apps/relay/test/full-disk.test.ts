import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

/** A disk of its own, whose size can be changed. */
class SmallDisk implements Disposable {
  readonly #path: string

  constructor(path: string, mebibytes: number) {
    this.#path = path
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], { stdio: 'pipe' })
  }

  resize(mebibytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${mebibytes}m`, this.#path], { stdio: 'pipe' })
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.#path], { stdio: 'pipe' })
  }
}

/** Whether a disk can be mounted: it takes root. */
function canMount(): boolean {
  using dir = tempDir()
  try {
    new SmallDisk(dir.join('disk'), 1)[Symbol.dispose]()
    return true
  } catch {
    process.stderr.write('skipped: no disk can be mounted here (it needs root)\n')
    return false
  }
}

describe.skipIf(!canMount())('a disk that is full', () => {
  test('stops the relay, not its clients; it goes on by itself when there is room', async () => {
    using dir = tempDir()
    using disk = new SmallDisk(dir.join('disk'), 4)
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(10, 3)
    const file = dir.join('disk', 'relay.bin')
    await using relay = await TestRelay.start(['--server', source.address, '--file', file, '--retry-max', '300ms'])
    await until('caught up', () => relay.total === source.total)
    for (let i = 0; i < 12; i++) await source.commit([{ type: 5, data: new Uint8Array(600_000).fill(i) }])
    await until('full', () => relay.lines.some(({ event }) => event === 'write-failed'))
    await until('not ready', () => !relay.readiness.ready)
    const held = relay.total
    expect(source.ends.has(held)).toBe(true)
    expect(held).toBeLessThan(source.total)

    disk.resize(64)
    await until('goes on', () => relay.total === source.total && relay.readiness.ready)
    expectEqualFiles(dir.join('source.bin'), file)
  })
})
