import { describe, expect, test } from 'vitest'
import type { BlockArchive } from '../src/execution/archive/archive.ts'
import type { Block, Columns } from '../src/execution/archive/block.ts'
import { decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { fromHex, toHex } from '../src/io/bytes.ts'
import { collect, golden, openAny, slowSource } from './support/execution.ts'
import { someBytes } from './support/file-server.ts'

const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))
/** Bytes that do not compress, so many in each block: more than 4 MiB in all, one block beyond what is read at once. */
const EXTRA_BYTES = [10, 3000, 5000, 1_200_000, 10, 1_040_000, 1_000_000, 990_000, 70_000, 40, 30, 20]

const hash = (bytes: Uint8Array): string => toHex(defaultHashes().keccak256(bytes))
const digest = ({ number, headerRlp }: Block): object => ({ number, hash: hash(headerRlp) })

/** A file that is too large to be kept whole. */
async function large(kind: 'era1' | 'ere'): Promise<Uint8Array> {
  const rows: Columns<Uint8Array>[] = EXTRA_BYTES.map((length, i) => ({
    header: encodeHeader({ ...genesis, number: BigInt(i), extraData: someBytes(length, i) }),
    ...{ body: fromHex('c2c0c0'), receipts: fromHex('c0'), totalDifficulty: new Uint8Array(32) },
  }))
  const sink = toBytes()
  const source = { start: 0n, read: () => rows }
  if (kind === 'era1') await writeEra1(sink, source)
  else await writeEre(sink, source, { columns: ['receipts'] })
  return sink.bytes()
}

/** The same file with another target for a block in its index. */
function retarget(bytes: Uint8Array, { layout }: BlockArchive, index: number, target: number): Uint8Array {
  const changed = bytes.slice()
  const at = layout.entryPosition(index, 0)
  new DataView(changed.buffer).setBigInt64(at, BigInt(target - layout.indexPosition), true)
  return changed
}

describe.each(['era1', 'ere'] as const)('blocks by number of a large .%s', (kind) => {
  test('are those that are there, whatever is read at the same time', async () => {
    const bytes = await large(kind)
    const archive = await openAny(kind, slowSource(bytes))
    const expected = (await collect((await openAny(kind, fromBytes(bytes))).iterate())).map(digest)
    const numbers = [3, 0, 11, 7, 3, 5, 1, 2, 4, 6, 8, 9, 10].map(BigInt)
    const found = await Promise.all(numbers.map((number) => archive.block(number)))
    expect(found.map(digest)).toEqual(numbers.map((number) => expected[Number(number)]))
    const parts = await Promise.all(numbers.map((number) => archive.payloads(number, ['receipts'])))
    for (const [i, { number, header = new Uint8Array(0), body, receipts }] of parts.entries()) {
      expect({ number, hash: hash(header) }).toEqual(expected[Number(numbers[i])])
      expect({ body, receipts }).toEqual({ body: undefined, receipts: fromHex('c0') })
    }
  })
})

describe('a block of a large .era1', () => {
  test('takes one read of just its bytes', async () => {
    const bytes = await large('era1')
    const source = slowSource(bytes)
    const archive = await openAny('era1', source)
    for (const index of [0, 2, 6, 11]) {
      source.reads = 0
      source.bytesRead = 0
      await archive.block(BigInt(index))
      const { layout } = archive
      const end = index === 11 ? layout.indexPosition : layout.target(index + 1, 0)
      expect(source.reads).toBe(1)
      expect(source.bytesRead).toBe(end - layout.target(index, 0))
    }
  })

  test('is found whatever the index says of the next', async () => {
    const bytes = await large('era1')
    const archive = await openAny('era1', fromBytes(bytes))
    const expected = await archive.block(2n)
    const { target, indexPosition } = archive.layout
    for (const next of [8, target(2, 0), target(2, 0) + 3, indexPosition - 1, indexPosition, -5]) {
      const source = slowSource(retarget(bytes, archive, 3, next))
      const reopened = await openAny('era1', source)
      source.bytesRead = 0
      expect(await reopened.block(2n)).toEqual(expected)
      expect(source.bytesRead).toBeLessThan(1_100_000)
      await expect(reopened.block(3n)).rejects.toMatchObject({ name: expect.stringMatching(/Error$/) })
    }
  })
})
