import { expect, test } from 'vitest'
import { randomFrom } from '../../test/sim/random.ts'
import { DamagedRanges, rangeDamage, uncoveredDamage } from './damaged-ranges.ts'
import { type EntryRange, rangeText } from './entry-range.ts'

const SIZE = 60

/** Entries of ten bytes. */
const range = (from: number, to: number): EntryRange => ({ from: point(from), to: point(to) })
const point = (at: number) => ({ totalLength: at, totalEntries: BigInt(Math.floor(at / 10)) })

/** The runs of a set of bytes. */
function runsOf(bytes: ReadonlySet<number>): (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const at of [...bytes].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.[1] === at) last[1]++
    else runs.push([at, at + 1])
  }
  return runs
}

test('ranges that are added, removed and truncated agree with a set of bytes', () => {
  const random = randomFrom(1)
  for (let round = 0; round < 20; round++) {
    const ranges = new DamagedRanges()
    const bytes = new Set<number>()
    for (let step = 0; step < 25; step++) {
      const from = random.int(1, SIZE - 1)
      const to = random.int(from + 1, Math.min(SIZE, from + 12))
      const what = random.pick(['add', 'add', 'add', 'remove', 'truncate'] as const)
      if (what === 'add') {
        ranges.add(range(from, to))
        for (let at = from; at < to; at++) bytes.add(at)
      } else if (what === 'remove') {
        ranges.remove(range(from, to))
        for (let at = from; at < to; at++) bytes.delete(at)
      } else {
        const end = random.int(SIZE - 15, SIZE)
        ranges.truncateAt(point(end))
        for (const at of bytes) if (at >= end) bytes.delete(at)
      }
      const runs = runsOf(bytes)
      expect(ranges.all).toEqual(runs.map(([begin, end]) => range(begin, end)))
      expect(ranges.bytes).toBe(bytes.size)
      for (let at = 0; at <= SIZE; at += 3) {
        expect(ranges.nextAfter(at)?.from.totalLength).toBe(runs.find(([, end]) => end > at)?.[0])
        for (const length of [1, 4, 20]) {
          const all = Array.from({ length }, (_, i) => bytes.has(at + i))
          expect(ranges.meets(at, at + length)).toBe(all.includes(true))
          expect(ranges.covers(range(at, at + length))).toBe(!all.includes(false))
        }
      }
    }
  }
})

test('beyond the limit, two ranges are joined with what is between them', () => {
  const most = 10_000
  const full = (): DamagedRanges => {
    const ranges = new DamagedRanges()
    for (let i = 0; i < most; i++) ranges.add(range(100 + 10 * i, 105 + 10 * i))
    return ranges
  }
  const ranges = full()
  expect(ranges.all).toHaveLength(most)
  ranges.add(range(100 + 10 * most, 105 + 10 * most))
  expect(ranges.all).toHaveLength(most)
  expect(ranges.all.at(-1)).toEqual(range(90 + 10 * most, 105 + 10 * most))
  const first = full()
  first.add(range(10, 15))
  expect(first.all).toHaveLength(most)
  expect(first.all[0]).toEqual(range(10, 105))
  const inside = full()
  inside.add(range(1106, 1108))
  expect(inside.all).toHaveLength(most)
  expect(inside.covers(range(1100, 1108))).toBe(true)
  expect(inside.meets(1108, 1110)).toBe(false)
})

test('ranges are described as entries and bytes', () => {
  expect(rangeText(range(20, 50))).toBe('entries 2 to 4, bytes 20 to 49')
  expect(rangeText(range(20, 30))).toBe('entry 2, bytes 20 to 29')
  expect(rangeText(range(21, 25))).toBe('padding before entry 2, bytes 21 to 24')
  const location = { file: 'a.bin', position: 20, entryNumber: 2n, range: range(20, 30) }
  const damage = rangeDamage('a.bin', range(20, 30), 'reason')
  expect(damage).toMatchObject({
    code: 'BAD_CHECKSUM',
    message: expect.stringContaining('bytes 20 to 29: reason'),
    ...location,
  })
  expect(uncoveredDamage('a.bin', range(20, 30))).toMatchObject({ code: 'NO_CHECKSUM', ...location })
})

test('refuses invalid ranges', () => {
  const ranges = new DamagedRanges()
  const broken = expect.objectContaining({ name: 'InternalError' })
  expect(() => ranges.add(range(20, 20))).toThrow(broken)
  expect(() => ranges.add(range(30, 20))).toThrow(broken)
  expect(() => ranges.add({ from: { ...point(10), totalEntries: 9n }, to: point(20) })).toThrow(broken)
  expect(ranges.all).toEqual([])
})
