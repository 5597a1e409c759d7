import { describe, expect, test } from 'vitest'
import { E2StoreError } from '../src/errors.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { putU32 } from '../src/io/little-endian.ts'
import { mapSidecar } from '../src/sidecar/layout.ts'
import { buildSidecar, checkSidecar, openSidecar, SidecarCache, type SidecarOptions } from '../src/sidecar.ts'
import { SIDECAR_LOOKUPS, smallSidecar } from './mutations/sidecar-kinds.ts'
import { type MadeUpBlock, openMadeUp, writeMadeUp } from './support/made-up-blocks.ts'
import { answers, resealed } from './support/sidecar-lookups.ts'

const bytes = await smallSidecar()
const { header } = await openSidecar(fromBytes(bytes))
const map = mapSidecar(header.parts, header.hotValues, header.identity.count)

/** A copy with one bit changed. */
function flipped(bit: number): Uint8Array {
  const out = bytes.slice()
  out[bit >> 3] = (out[bit >> 3] as number) ^ (1 << (bit & 7))
  return out
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('each single bit of a sidecar', () => {
  test('is checked', async () => {
    expect(await checkSidecar(fromBytes(bytes))).toEqual(header)
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      expect(await errorOf(checkSidecar(fromBytes(flipped(bit))))).toBeInstanceOf(E2StoreError)
    }
  })

  test.each<[string, SidecarOptions]>([
    ['with all directories read', {}],
    ['with just parts of directories read', { headBytes: 0, cache: new SidecarCache(0) }],
  ])('makes lookups fail, or changes nothing, %s', async (_, options) => {
    const expected = await answers(bytes, SIDECAR_LOOKUPS, options)
    expect(expected.every((answer) => answer.length > 0)).toBe(true)
    let failed = 0
    // One bit of each byte: the test above has all of them.
    for (let at = 0; at < bytes.length; at++) {
      const mutant = flipped(8 * at + (at % 8))
      try {
        expect(await answers(mutant, SIDECAR_LOOKUPS, options)).toEqual(expected)
      } catch (error) {
        if (!(error instanceof E2StoreError)) throw error
        failed++
      }
    }
    // Lookups do not need the headers of the five records after the first, nor the checksums of directories in part.
    expect(failed).toBe(bytes.length - 5 * 8 - (options.cache ? 3 * 4 : 0))
  })
})

describe('a sidecar with checksums that fit, but', () => {
  const changed = (change: (out: Uint8Array) => void): Uint8Array => {
    const out = bytes.slice()
    change(out)
    return resealed(out)
  }
  const { directories, buckets, bitmaps, hot } = map

  test.each<[string, Uint8Array, string]>([
    [
      'a bucket that ends before it begins',
      changed((out) => putU32(out, directories.blocks.position + 4, 0)),
      'BAD_INDEX',
    ],
    ['buckets that leave bytes over', changed((out) => putU32(out, directories.blocks.position + 4, 20)), 'BAD_INDEX'],
    [
      'entries out of order',
      changed((out) => out.fill(0xff, buckets.blocks.position, buckets.blocks.position + 4)),
      'BAD_INDEX',
    ],
    [
      'a block that is not in the file',
      changed((out) => out.fill(0xff, buckets.transactions.position + 4, buckets.transactions.position + 40)),
      'BAD_INDEX',
    ],
    ['another number of entries', changed((out) => putU32(out, 16 + 120, 19)), 'BAD_COUNT'],
    [
      'bits after the last entry',
      changed((out) => {
        const at = buckets.transactions.position + buckets.transactions.length - 5
        out[at] = (out[at] as number) | 1
      }),
      'BAD_INDEX',
    ],
    [
      'blocks in a bitmap that the file does not have',
      changed((out) => out.fill(0xff, bitmaps.position, bitmaps.position + 3)),
      'BAD_INDEX',
    ],
    ['hashes with bitmaps out of order', changed((out) => putU32(out, hot.position, 0xffff_ffff)), 'BAD_INDEX'],
    ['more bytes', new Uint8Array([...bytes, 0]), 'BAD_LENGTH'],
    ['fewer bytes', bytes.subarray(0, -1), 'BAD_LENGTH'],
    ['next to no bytes', bytes.subarray(0, 20), 'BAD_LENGTH'],
    [
      'another layout',
      changed((out) => {
        out[16] = 2
      }),
      'UNKNOWN_VERSION',
    ],
    [
      'an unknown kind',
      changed((out) => {
        out[17] = 9
      }),
      'BAD_INTEGER',
    ],
    ['no blocks', changed((out) => putU32(out, 20, 0)), 'BAD_COUNT'],
    ['hashes of logs of too many bits', changed((out) => out.fill(40, 16 + 152, 16 + 153)), 'BAD_INTEGER'],
    [
      'entries of too many bits',
      changed((out) => {
        out[16 + 128] = 60
      }),
      'BAD_INTEGER',
    ],
  ])('%s is refused', async (_, mutant, code) => {
    expect(await errorOf(checkSidecar(fromBytes(mutant)))).toMatchObject({ code })
  })

  test('a bucket that ends before it begins is not looked into', async () => {
    const sidecar = await openSidecar(fromBytes(changed((out) => putU32(out, directories.blocks.position + 4, 0))))
    expect(await errorOf(sidecar.blockCandidates(new Uint8Array(32)))).toMatchObject({ code: 'BAD_INDEX' })
  })

  test.each([
    ['hash of the last block', 'ere', 16 + 24],
    ['accumulator', 'era1', 16 + 56],
  ] as const)('another %s is that of another file', async (_, kind, at) => {
    const blocks: readonly MadeUpBlock[] = [[], []]
    const archive = await openMadeUp(kind, await writeMadeUp(kind, 8192n, blocks), blocks.length)
    const own = await buildSidecar(archive)
    expect((await openSidecar(fromBytes(own), { archive })).identity.count).toBe(2)
    own[at] = (own[at] as number) ^ 1
    expect(await errorOf(openSidecar(fromBytes(resealed(own)), { archive }))).toMatchObject({ code: 'STALE_SIDECAR' })
  })

  test('other bytes of the same sidecar do not pass for those asked for', async () => {
    // The directory of transactions, where that of blocks should be: both have two starts.
    const out = bytes.slice()
    const { blocks, transactions } = directories
    out.set(bytes.subarray(transactions.position, transactions.position + transactions.length), blocks.position)
    expect(await errorOf(openSidecar(fromBytes(out)))).toMatchObject({ code: 'BAD_CHECKSUM' })
  })
})
