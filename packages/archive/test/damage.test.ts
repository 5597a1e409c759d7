import { fromBytes } from '@datastreamer/e2store'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { openSegment, readBlock, readBlocks, type SegmentReport, verifySegment } from '../src/index.ts'
import { nodeCodecs } from '../src/node.ts'
import { archiveOf, blocks, damaged } from './support/streams.ts'

/** What a damaged segment may end in: an error with a code, nothing else. */
const TYPED = expect.objectContaining({ code: expect.stringMatching(/^[A-Z_]+$/) })

describe('a damaged segment', () => {
  let first: Uint8Array = new Uint8Array(0)
  let second: Uint8Array = new Uint8Array(0)

  beforeAll(async () => {
    const [one, two] = await archiveOf(blocks(30), { perSegment: 14 })
    if (one === undefined || two === undefined) throw new Error('one segment only')
    first = one.bytes
    second = two.bytes
  })

  /** Where the StreamEnd record begins. */
  const endOf = async (bytes: Uint8Array): Promise<number> => {
    const segment = await openSegment(fromBytes(bytes))
    return segment.layout === 1 ? segment.endPosition : 0
  }

  const verify = async (bytes: Uint8Array): Promise<SegmentReport> =>
    verifySegment(await openSegment(fromBytes(bytes), nodeCodecs))

  test('verifies undamaged', async () => {
    expect((await verify(first)).blocks + (await verify(second)).blocks).toBe(30)
  })

  test('is found out, whichever byte is changed', async () => {
    for (const bytes of [first, second]) {
      const endPosition = await endOf(bytes)
      // Every byte of what is small; of the entries, one here and there.
      for (let at = 0; at < bytes.length; at += at < 120 || at >= endPosition - 40 ? 1 : 97) {
        await expect(verify(damaged(bytes, at)), `byte ${at}`).rejects.toEqual(TYPED)
      }
    }
  })

  test('whose entries cannot be read as the blocks that it claims is an error of the segment', async () => {
    const otherEncoding = first.slice()
    otherEncoding[8 + 8 + 3] = 3
    await expect(verify(otherEncoding)).rejects.toMatchObject({ name: 'SegmentError' })
  })

  test('is found out, wherever it ends, and with bytes after it', async () => {
    for (let length = 0; length < first.length; length += length < 200 || length > first.length - 200 ? 7 : 211) {
      await expect(verify(first.subarray(0, length)), `${length} bytes`).rejects.toEqual(TYPED)
    }
    await expect(verify(Uint8Array.of(...first, 0))).rejects.toEqual(TYPED)
    await expect(verify(Uint8Array.of(...first, ...first))).rejects.toEqual(TYPED)
  })

  test('of the records of two segments is found out', async () => {
    const [ours, theirs] = [await endOf(first), await endOf(second)]
    const swapped = Uint8Array.of(...second.subarray(0, 88), ...first.subarray(88, ours), ...second.subarray(theirs))
    await expect(verify(swapped)).rejects.toEqual(TYPED)
  })

  test('never crashes a reader, nor gives another block than was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.bigInt(0n, 20n),
        async (changes, number) => {
          const changed = first.slice()
          for (const [at, value] of changes) changed[at % changed.length] = value
          const read = async (): Promise<void> => {
            const segment = await openSegment(fromBytes(changed))
            const block = await readBlock(segment, number)
            if (block !== undefined) expect(block.number).toBe(number)
            for await (const some of readBlocks(segment)) expect(some.every(({ number: n }) => n >= 0n)).toBe(true)
          }
          await read().catch((error: unknown) => expect(error).toEqual(TYPED))
        },
      ),
      { numRuns: 300 },
    )
  })
})
