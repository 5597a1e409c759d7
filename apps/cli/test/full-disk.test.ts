import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { canMountDisks, TempDisk } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, linesOf } from './cli.ts'
import { headerOf } from './stream-files.ts'

const MIB = 1_048_576

/** A stream of some MiB on a disk that has room for one, or for none at all. */
class StreamOnFullDisk extends TempDisk {
  readonly file: string = this.join('s.bin')

  private constructor() {
    super(16)
  }

  static async make(freeMib: number): Promise<StreamOnFullDisk> {
    const made = new StreamOnFullDisk()
    await linesOf('generate', made.file, '--blocks', '4000')
    expect(headerOf(made.file).totalLength).toBeGreaterThan(2 * MIB)
    made.fill(freeMib)
    return made
  }

  get names(): readonly string[] {
    return readdirSync(this.path).sort()
  }
}

describe.skipIf(!canMountDisks())('on a disk without room', () => {
  test.each([
    {
      freeMib: 1,
      says: /^datastreamer: no copy of what is to be removed can be kept in .*s\.bin\.removed-at-\d+: .*no space/i,
    },
    { freeMib: 0, says: /^datastreamer: nothing can be written until .*no space/i },
  ])('truncate says so, and changes nothing ($freeMib MiB free)', async ({ freeMib, says }) => {
    using disk = await StreamOnFullDisk.make(freeMib)
    const { names, file } = disk
    const before = headerOf(file)
    const { status, stderr } = await datastreamer('truncate', file, '--entry', '1', '--yes')
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(says)
    expect(stderr).not.toMatch(/Suppressed|^ {4}at /m)
    expect(status).toBe(1)
    expect(disk.names).toEqual(names)
    expect(headerOf(file)).toEqual(before)
  })

  test('recover says so, and changes nothing', async () => {
    using disk = await StreamOnFullDisk.make(1)
    const { names, file } = disk
    const header = headerOf(file)
    const handle = openSync(file, 'r+')
    writeSync(handle, Uint8Array.of(7), 0, 1, 4096)
    closeSync(handle)
    const { status, stderr } = await datastreamer('recover', file, '--cut', '--yes')
    expect(stderr).toMatch(/^datastreamer: no copy of what is to be removed can be kept in .*no space/im)
    expect(status).toBe(1)
    expect(disk.names).toEqual(names)
    expect(headerOf(file)).toEqual(header)
  })

  test('export says so, and leaves no part of a file', async () => {
    using disk = await StreamOnFullDisk.make(0)
    const { names, file, path } = disk
    const { status, stderr } = await datastreamer('e2store', 'export', file, '--out', path)
    expect(stderr).toMatch(/^datastreamer: ENOSPC: .*\.e2ds\.partial'$/m)
    expect(status).toBe(1)
    expect(disk.names).toEqual(names)
  })

  test('generate says so', async () => {
    using disk = await StreamOnFullDisk.make(1)
    const { status, stderr } = await datastreamer('generate', `${disk.path}/other.bin`, '--blocks', '4000')
    expect(stderr).toMatch(/^datastreamer: .*no space/im)
    expect(stderr).not.toMatch(/Suppressed|^ {4}at /m)
    expect(status).toBe(1)
  })
})
