import { expect, test } from 'vitest'
import { writeAll } from '../src/disk/disk.ts'
import { openStore, type StreamStore } from '../src/index.ts'
import { anotherProgram } from './sim/another-program.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

// In crash histories another program puts bookmarks into the index. If it began before the end of the file it would replace
// right answers about committed entries by wrong ones, which no program does, and histories would fail for it.

const FILE = '/sim/data-stream.bin'

class Machine {
  readonly disk = new SimDisk(randomFrom(1))
  readonly index = new SimIndex()

  open(): Promise<StreamStore> {
    return openStore({ file: FILE, disk: this.disk, index: this.index, fileCheckMs: 0 })
  }

  /** Commit an operation for each byte: a bookmark. */
  async commit(...bytes: readonly number[]): Promise<void> {
    await using store = await this.open()
    for (const byte of bytes) {
      store.startAtomicOp()
      store.addStreamBookmark(Uint8Array.of(byte))
      await store.commitAtomicOp()
    }
  }
}

test('another program begins after all entries that the header counts, and replaces no right answer', async () => {
  const machine = new Machine()
  await machine.commit(7, 8, 9)
  for (let seed = 1; seed <= 50; seed++) {
    anotherProgram(machine.disk, FILE, machine.index, randomFrom(seed))
    for (const byte of [7, 8, 9]) expect(await machine.index.get(Uint8Array.of(byte))).toBeGreaterThanOrEqual(3)
  }
  await using store = await machine.open()
  for (const [number, byte] of [7, 8, 9].entries())
    expect(await store.getBookmark(Uint8Array.of(byte))).toBe(BigInt(number))
})

test('another program does nothing with a file whose header it cannot read', async () => {
  const machine = new Machine()
  await machine.commit(7)
  const file = await machine.disk.open(FILE, 'write')
  await writeAll(file, [new Uint8Array(54)], 0)
  anotherProgram(machine.disk, FILE, machine.index, randomFrom(1))
  expect(await machine.index.get(Uint8Array.of(7))).toBe(0)
})
