import { expect, test } from 'vitest'
import { type DiskFile, readExactly, writeAll } from './disk.ts'

/** A file in memory that accepts `most` bytes per write. */
function fileAccepting(most: number): { file: DiskFile; bytes: number[]; writes: number[] } {
  const bytes: number[] = []
  const writes: number[] = []
  const write = async (from: readonly Uint8Array[], position: number): Promise<number> => {
    const accepted = from.flatMap((chunk) => [...chunk]).slice(0, most)
    for (const [i, byte] of accepted.entries()) bytes[position + i] = byte
    writes.push(position)
    return accepted.length
  }
  return { file: { write } as unknown as DiskFile, bytes, writes }
}

test('all chunks are written, one after the other, however few bytes each write accepts', async () => {
  const chunks = [[1, 2, 3], [4], [], [5, 6, 7, 8], [9, 10]].map((chunk) => Uint8Array.from(chunk))
  for (let most = 1; most <= 11; most++) {
    const { file, bytes, writes } = fileAccepting(most)
    await writeAll(file, chunks, 2)
    expect(bytes.slice(2), `${most} at a time`).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(writes).toEqual(Array.from({ length: Math.ceil(10 / most) }, (_, i) => 2 + i * most))
  }
})

test('a write that accepts nothing is not retried for ever', async () => {
  const { file } = fileAccepting(0)
  await expect(writeAll(file, [Uint8Array.of(1)], 7)).rejects.toThrow('a write of no bytes at 7')
})

test('a read past the end of the file reports where it ends', async () => {
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const got = Math.min(into.length, Math.max(0, 10 - position))
    into.fill(7, 0, got)
    return got
  }
  const file = { read } as unknown as DiskFile
  expect(await readExactly(file, 4, 6)).toEqual(new Uint8Array(6).fill(7))
  await expect(readExactly(file, 4, 7)).rejects.toThrow('the file ends at byte 10, expected 11')
})
