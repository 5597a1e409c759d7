import { expect, test } from 'vitest'
import { type DiskFile, readExactly, writeAll } from './disk.ts'

/** A file in memory that takes so many bytes at a time. */
function fileTaking(most: number): { file: DiskFile; bytes: number[]; writes: number[] } {
  const bytes: number[] = []
  const writes: number[] = []
  const write = async (from: readonly Uint8Array[], position: number): Promise<number> => {
    const taken = from.flatMap((chunk) => [...chunk]).slice(0, most)
    for (const [i, byte] of taken.entries()) bytes[position + i] = byte
    writes.push(position)
    return taken.length
  }
  return { file: { write } as unknown as DiskFile, bytes, writes }
}

test('all chunks are written, one behind the other, however few bytes a write takes', async () => {
  const chunks = [[1, 2, 3], [4], [], [5, 6, 7, 8], [9, 10]].map((chunk) => Uint8Array.from(chunk))
  for (let most = 1; most <= 11; most++) {
    const { file, bytes, writes } = fileTaking(most)
    await writeAll(file, chunks, 2)
    expect(bytes.slice(2), `${most} at a time`).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(writes).toEqual(Array.from({ length: Math.ceil(10 / most) }, (_, i) => 2 + i * most))
  }
})

test('a write that takes nothing is not tried for ever', async () => {
  const { file } = fileTaking(0)
  await expect(writeAll(file, [Uint8Array.of(1)], 7)).rejects.toThrow('a write of no bytes at 7')
})

test('a file that ends before what is to be read says where', async () => {
  const read = async (into: Uint8Array, position: number): Promise<number> => {
    const got = Math.min(into.length, Math.max(0, 10 - position))
    into.fill(7, 0, got)
    return got
  }
  const file = { read } as unknown as DiskFile
  expect(await readExactly(file, 4, 6)).toEqual(new Uint8Array(6).fill(7))
  await expect(readExactly(file, 4, 7)).rejects.toThrow('the file ends at byte 10, expected 11')
})
