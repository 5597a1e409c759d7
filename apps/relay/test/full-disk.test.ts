import { canMountDisks, TempDisk, tempDir } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { expectEqualFiles } from './support/equal-files.ts'
import { TestRelay, until } from './support/relay.ts'
import { Source } from './support/source.ts'

describe.skipIf(!canMountDisks())('a disk that is full', () => {
  test('stops the relay, not its clients; it goes on by itself when there is room', async () => {
    using dir = tempDir()
    using disk = new TempDisk(4)
    await using source = await Source.start({ file: dir.join('source.bin') })
    await source.commitMany(10, 3)
    const file = disk.join('relay.bin')
    await using relay = await TestRelay.start(['--server', source.address, '--file', file, '--retry-max', '300ms'])
    await until('caught up', async () => (await relay.total()) === source.total)
    for (let i = 0; i < 12; i++) await source.commit([{ type: 5, data: new Uint8Array(600_000).fill(i) }])
    await until('full', () => relay.lines.some(({ event }) => event === 'write-failed'))
    await until('not ready', () => !relay.readiness.ready)
    const held = await relay.total()
    expect(source.ends.has(held)).toBe(true)
    expect(held).toBeLessThan(source.total)

    disk.resize(64)
    await until('goes on', async () => (await relay.total()) === source.total && relay.readiness.ready)
    expectEqualFiles(dir.join('source.bin'), file)
  })
})
