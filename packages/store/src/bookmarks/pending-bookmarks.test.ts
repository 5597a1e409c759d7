import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingBookmarks, type PendingSegment } from './pending-bookmarks.ts'
import { SLOT_BYTES } from './slots.ts'

const keys = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3, max: 1 }),
  fc.uint8Array({ minLength: 16, maxLength: 16, max: 1 }),
)

function slotsOf({ shared, count }: PendingSegment): string[] {
  const bytes = Buffer.from(shared)
  return Array.from({ length: count }, (_, i) => bytes.toString('hex', i * SLOT_BYTES, (i + 1) * SLOT_BYTES))
}

test('packs puts and removals into slots of 25 bytes', () => {
  const pending = new PendingBookmarks(4)
  pending.put(Uint8Array.of(0xb0, 0xb1), 0x1_0203_0405_0607)
  pending.put(new Uint8Array(16).fill(0xff), Number.MAX_SAFE_INTEGER)
  pending.remove(Uint8Array.of(0xb0, 0xb1))
  const segment = pending.handOver()
  expect(segment && slotsOf(segment)).toEqual([
    '02b0b100000000000000000000000000000001020304050607',
    '10ffffffffffffffffffffffffffffffff001fffffffffffff',
    '82b0b100000000000000000000000000000000000000000000',
  ])
  expect(pending.handOver()).toBeUndefined()
})

test('the newest change of a key is found until it is written', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), key: keys, number: fc.maxSafeNat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key: keys }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('handOver' as const, 'release' as const) }) },
  )
  const property = fc.property(fc.array(step, { maxLength: 80, size: 'max' }), keys, (steps, asked) => {
    const pending = new PendingBookmarks(3)
    const changes: [string, number | 'removed'][] = []
    const counts: number[] = []
    for (const step of steps) {
      if (step.do === 'put') {
        pending.put(step.key, step.number)
        changes.push([String(step.key), step.number])
      } else if (step.do === 'remove') {
        pending.remove(step.key)
        changes.push([String(step.key), 'removed'])
      } else if (step.do === 'handOver') {
        const segment = pending.handOver()
        if (segment !== undefined) counts.push(segment.count)
      } else if (pending.handedOver > 0) {
        pending.release()
        changes.splice(0, counts.shift())
      }
      expect(pending.handedOver).toBe(counts.length)
      expect(pending.added - pending.written).toBe(changes.length)
      const newest = changes.findLast(([text]) => text === String(asked))?.[1]
      expect(pending.find(asked)).toBe(newest)
    }
    for (const [text] of changes) {
      const newest = changes.findLast(([other]) => other === text)?.[1]
      expect(pending.find(Uint8Array.from(text.split(',').map(Number)))).toBe(newest)
    }
  })
  fc.assert(property)
})

test('a segment that was handed over stays as it is', () => {
  const pending = new PendingBookmarks(4)
  pending.put(Uint8Array.of(1), 1)
  expect(pending.hasFull).toBe(false)
  const first = pending.handOver()
  for (let n = 0; n < 4; n++) pending.put(Uint8Array.of(2), n)
  expect(pending.hasFull).toBe(true)
  expect(first?.count).toBe(1)
  const second = pending.handOver()
  expect(second?.count).toBe(4)
  expect(second?.shared).not.toBe(first?.shared)
  pending.drop()
  expect(pending.find(Uint8Array.of(2))).toBeUndefined()
  expect(pending.handedOver).toBe(0)
})

test('what was handed over and not written is handed over again, before all that came after', () => {
  const pending = new PendingBookmarks(2)
  for (let n = 0; n < 5; n++) pending.put(Uint8Array.of(n), n)
  const first = [pending.handOver(), pending.handOver()]
  pending.takeBack()
  expect(pending.handedOver).toBe(0)
  pending.put(Uint8Array.of(5), 5)
  expect([pending.handOver(), pending.handOver()]).toEqual(first)
  expect(pending.handOver()?.count).toBe(2)
  for (let n = 0; n <= 5; n++) expect(pending.find(Uint8Array.of(n))).toBe(n)
})

test('only bookmarks of 1 to 16 bytes are taken, and others change nothing', () => {
  const pending = new PendingBookmarks(2)
  for (const length of [0, 17, 300]) {
    expect(() => pending.put(new Uint8Array(length), 1)).toThrow(RangeError)
    expect(() => pending.remove(new Uint8Array(length))).toThrow(RangeError)
  }
  expect(pending.added).toBe(0)
  expect(pending.handOver()).toBeUndefined()
})

test('memory is used again, of eight segments at most', () => {
  const pending = new PendingBookmarks(1)
  const memory = (count: number): unknown[] => {
    for (let n = 0; n < count; n++) pending.put(Uint8Array.of(n), n)
    const segments = Array.from({ length: count }, () => pending.handOver()?.shared)
    for (let n = 0; n < count; n++) pending.release()
    return segments
  }
  const first = new Set(memory(10))
  const second = memory(10)
  expect(second.filter((shared) => first.has(shared))).toHaveLength(8)
  expect(new Set(second).size).toBe(10)
})

test('refuses numbers that are none, and to forget what was not handed over', () => {
  const pending = new PendingBookmarks(2)
  const broken = expect.objectContaining({ name: 'InternalError' })
  for (const number of [-1, 1.5, 2 ** 53]) expect(() => pending.put(Uint8Array.of(1), number)).toThrow(broken)
  expect(pending.added).toBe(0)
  pending.put(Uint8Array.of(1), 1)
  expect(() => pending.release()).toThrow(broken)
  expect(pending.find(Uint8Array.of(1))).toBe(1)
  pending.handOver()
  pending.takeBack()
  expect(() => pending.release()).toThrow(broken)
  expect(pending.added - pending.written).toBe(1)
})
