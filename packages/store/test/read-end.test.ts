import { encodeEntry, HEADER_PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { readEnd } from '../src/log/read-end.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'

const FILE = '/sim/data-stream.bin'

test('the last page of a log is the one that was checked, though the file changes afterwards', async () => {
  const disk = new SimDisk(randomFrom(1))
  const entry = encodeEntry({ type: 1, number: 0n, data: Uint8Array.of(7, 8, 9) })
  const totalLength = HEADER_PAGE_BYTES + entry.length
  const whole = new Uint8Array(totalLength)
  whole.set(entry, HEADER_PAGE_BYTES)
  disk.put(FILE, whole)
  const file = await disk.open(FILE, 'write')
  const read: typeof file.read = async (into, position) => {
    const count = await file.read(into, position)
    await file.write([new Uint8Array(entry.length)], HEADER_PAGE_BYTES)
    return count
  }
  const page = await readEnd({ ...file, read }, FILE, { totalLength, totalEntries: 1n })
  expect(page?.bytes).toEqual(entry)
})
