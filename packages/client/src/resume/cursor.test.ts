import { type EntriesTo, type Entry, InternalError, NotFoundError, TruncatedError } from '@datastreamer/format'
import { describe, expect, test, vi } from 'vitest'
import { bookmarkAt, entriesOf, entryAt } from '../../test/support/entries.ts'
import { checkpointOf } from '../checkpoint.ts'
import { ConnectionError, ServerRefusedError } from '../errors.ts'
import type { CursorFrom } from '../position.ts'
import { Cursor } from './cursor.ts'
import { Reread } from './reread.ts'

const header = (totalEntries: bigint) => ({
  generation: 3 as const,
  version: 1,
  systemId: 1n,
  streamType: 1n,
  totalLength: 4096,
  totalEntries,
})
const cursorOf = (from: CursorFrom, to?: EntriesTo, follow = true) => new Cursor({ from, to, follow })
const numbers = (entries: readonly { number: bigint }[]) => entries.map(({ number }) => Number(number))

describe('where a stream starts', () => {
  test('at a number', () => {
    const cursor = cursorOf(3n)
    cursor.meet(header(10n))
    expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 3n })
  })

  test('at the head that the first header shows, also later', () => {
    const cursor = cursorOf('latest')
    cursor.meet(header(10n))
    cursor.meet(header(12n))
    expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 10n })
  })

  test('at a bookmark, until its number is known', () => {
    const cursor = cursorOf({ bookmark: bookmarkAt(5n) })
    cursor.meet(header(10n))
    expect(cursor.begin()).toEqual({ name: 'startBookmark', bookmark: bookmarkAt(5n) })
    cursor.accept(entriesOf(5, 7), header(10n))
    expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 6n })
  })

  test('at an entry that is held, which is not delivered', () => {
    const cursor = cursorOf({ after: entryAt(3n) })
    cursor.meet(header(10n))
    expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 3n })
    expect(numbers(cursor.accept(entriesOf(3, 6), header(10n)).fresh)).toEqual([4, 5])
  })

  test('a bookmark must be the one requested', () => {
    const cursor = cursorOf({ bookmark: bookmarkAt(5n) })
    cursor.meet(header(20n))
    cursor.begin()
    expect(() => cursor.accept(entriesOf(10, 12), header(20n))).toThrow('entry 10 is not the bookmark')
  })

  test('with a range, and without it after a server did not know it or hung', () => {
    for (const error of [
      new ServerRefusedError('range', { code: 9, text: 'Invalid command' }),
      new ConnectionError('TIMEOUT', 'no traffic'),
    ]) {
      const [from, to] = [bookmarkAt(5n), bookmarkAt(10n)]
      const cursor = cursorOf({ bookmark: from }, { bookmark: to })
      cursor.meet(header(20n))
      expect(cursor.abandonRange(error)).toBe(false)
      expect(cursor.bounds.endToLocate).toBeUndefined()
      expect(cursor.begin()).toEqual({ name: 'rangeBookmark', from, to })
      cursor.bounds.endAt(3n)
      expect(cursor.abandonRange(error)).toBe(true)
      expect(cursor.bounds.endToLocate).toBe(to)
      expect(cursor.begin()).toEqual({ name: 'startBookmark', bookmark: from })
    }
  })
})

test('at a checkpoint, whose entries are not delivered', () => {
  const cursor = cursorOf({ after: checkpointOf(entryAt(5n), entryAt(3n)) })
  cursor.meet(header(10n))
  expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 3n })
  expect(cursor.accept(entriesOf(3, 5), header(10n)).fresh).toEqual([])
  expect(cursor.isRereading).toBe(true)
  expect(numbers(cursor.accept(entriesOf(5, 8), header(10n)).fresh)).toEqual([6, 7])
  expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 7n })
})

test('at the opening that the caller names, as long as there is one; until then at that of the checkpoint', () => {
  let opening: Entry | undefined
  const from = { after: checkpointOf(entryAt(5n), entryAt(3n)) }
  const cursor = new Cursor({ from, to: undefined, follow: true, opening: () => opening })
  cursor.meet(header(10n))
  cursor.begin()
  cursor.accept(entriesOf(3, 8), header(10n))
  expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 3n })
  opening = entryAt(6n)
  expect(cursor.begin()).toEqual({ name: 'start', fromEntryNumber: 6n })
  expect(() => cursor.accept([{ ...entryAt(6n), type: 9 }, ...entriesOf(7, 9)], header(10n))).toThrow(TruncatedError)
})

test.each([-1, 0.5, -1n, 2n ** 64n])('not at %s', (number) => {
  expect(() => cursorOf(number)).toThrow(RangeError)
  expect(() => cursorOf(0, number)).toThrow(RangeError)
})

describe('invariants', () => {
  /** Entries whose numbers are others once they were checked: as if somebody wrote to them. */
  const unsteady = (...numbers: readonly [checked: bigint, later: bigint][]): Entry[] =>
    numbers.map(([checked, later]) => {
      let reads = 0
      return {
        ...entryAt(checked),
        get number() {
          return reads++ < 1 ? checked : later
        },
      }
    })

  test('a connection is met before it is begun', () => {
    expect(() => cursorOf(0).begin()).toThrow(InternalError)
  })

  test('a connection is begun before it is read from', () => {
    const cursor = cursorOf(0)
    cursor.meet(header(10n))
    expect(() => cursor.accept(entriesOf(0, 2), header(10n))).toThrow(InternalError)
    cursor.begin()
    cursor.accept(entriesOf(0, 2), header(10n))
    cursor.meet(header(10n))
    expect(() => cursor.accept(entriesOf(2, 4), header(10n))).toThrow(InternalError)
    expect(cursor.next).toBe(2n)
  })

  test('nothing is delivered before what is held was read again', () => {
    using reading = vi.spyOn(Reread.prototype, 'done', 'get').mockReturnValue(false)
    const cursor = cursorOf({ after: entryAt(3n) })
    cursor.meet(header(10n))
    cursor.begin()
    expect(() => cursor.accept(entriesOf(3, 6), header(10n))).toThrow(InternalError)
    expect(reading).toHaveBeenCalled()
    expect(cursor.next).toBe(4n)
  })

  test('what is delivered begins at the next entry, which never goes back', () => {
    const cursor = cursorOf(5)
    cursor.meet(header(10n))
    cursor.begin()
    expect(() => cursor.accept(unsteady([5n, 3n]), header(10n))).toThrow(InternalError)
    expect(cursor.next).toBe(5n)
  })

  test('what is delivered is consecutive', () => {
    const cursor = cursorOf(4)
    cursor.meet(header(10n))
    cursor.begin()
    expect(() => cursor.accept([...entriesOf(4, 5), ...unsteady([5n, 7n])], header(10n))).toThrow(InternalError)
    expect(cursor.next).toBe(4n)
  })
})

describe('where it ends', () => {
  test('after the last entry, whatever comes after', () => {
    const cursor = cursorOf(0n, 4n)
    cursor.meet(header(10n))
    cursor.begin()
    expect(numbers(cursor.accept(entriesOf(0, 4), header(10n)).fresh)).toEqual([0, 1, 2, 3])
    expect(cursor.done).toBe(false)
    const { fresh, broken } = cursor.accept([...entriesOf(4, 8), entryAt(9n)], header(10n))
    expect(numbers(fresh)).toEqual([4])
    expect(broken).toBeUndefined()
    expect(cursor.done).toBe(true)
  })

  test.each([
    [0n, undefined, 0n, true],
    [0n, undefined, 1n, false],
    [5n, undefined, 5n, true],
    [5n, 4n, 9n, true],
    ['latest', undefined, 7n, true],
  ] as const)('from %s to %s of %s entries without following: done %s', (from, to, total, done) => {
    const cursor = cursorOf(from, to, false)
    cursor.meet(header(total))
    expect(cursor.done).toBe(done)
  })

  test('not at a later head when following', () => {
    const cursor = cursorOf(0n)
    cursor.meet(header(0n))
    expect(cursor.done).toBe(false)
  })

  test('there is no start after the head when not following', () => {
    expect(() => cursorOf(6n, undefined, false).meet(header(5n))).toThrow(NotFoundError)
  })

  test('a range has no end before its start', () => {
    const cursor = cursorOf({ bookmark: bookmarkAt(10n) }, { bookmark: bookmarkAt(5n) })
    cursor.meet(header(20n))
    cursor.begin()
    cursor.bounds.endAt(5n)
    expect(() => cursor.accept(entriesOf(10, 12), header(20n))).toThrow(
      expect.objectContaining({ code: 'TO_NOT_FOUND' }),
    )
  })
})

describe('what must come', () => {
  test.each([
    ['a gap', [...entriesOf(0, 3), entryAt(4n)]],
    ['a repetition', [...entriesOf(0, 3), entryAt(2n)]],
  ])('%s: what is before it counts, it does not', (_, entries) => {
    const cursor = cursorOf(0n)
    cursor.meet(header(10n))
    cursor.begin()
    const { fresh, broken } = cursor.accept(entries, header(10n))
    expect(numbers(fresh)).toEqual([0, 1, 2])
    expect(broken).toMatchObject({ code: 'GAP', message: expect.stringContaining('expected 3') })
    expect(cursor.next).toBe(3n)
  })

  test('the entry held is compared before anything after it counts', () => {
    const cursor = cursorOf({ after: entryAt(3n) })
    cursor.meet(header(10n))
    cursor.begin()
    const entries = [entryAt(3n, 1), ...entriesOf(4, 6)]
    expect(() => cursor.accept(entries, header(10n))).toThrow(
      expect.objectContaining({ code: 'REWRITTEN', lastDelivered: 3n, totalEntries: 10n }),
    )
    expect(cursor.next).toBe(4n)
  })

  test('the entry held is a copy', () => {
    const cursor = cursorOf(0n)
    cursor.meet(header(10n))
    cursor.begin()
    const entries = entriesOf(0, 2)
    cursor.accept(entries, header(10n))
    entries[1]?.data.fill(0xee)
    cursor.begin()
    expect(numbers(cursor.accept(entriesOf(1, 3), header(10n)).fresh)).toEqual([2])
  })

  test('a shorter stream is reported; one as long as what is held is not', () => {
    cursorOf({ after: entryAt(3n) }).meet(header(4n))
    expect(() => cursorOf({ after: entryAt(3n) }).meet(header(3n))).toThrow(TruncatedError)
    const cursor = cursorOf(6n)
    cursor.meet(header(6n))
    expect(() => cursor.meet(header(5n))).toThrow(expect.objectContaining({ lastDelivered: undefined }))
  })

  test('a refused start is a truncation only where it was possible before', () => {
    const refusal = new ServerRefusedError('start', { code: 3, text: 'Bad from entry' })
    const cursor = cursorOf(6n)
    cursor.meet(header(5n))
    expect(cursor.refused(refusal, header(5n))).toMatchObject({ code: 'FROM_NOT_FOUND', cause: refusal })
    expect(cursorOf({ after: entryAt(3n) }).refused(refusal, header(4n))).toBeInstanceOf(TruncatedError)
  })
})

test('operation boundaries must stand where they say, and are dropped before the entry held', () => {
  const cursor = cursorOf({ after: entryAt(3n) })
  cursor.meet(header(10n))
  cursor.begin()
  expect(cursor.acceptBoundary({ nextEntry: 3n, gap: false })).toBeUndefined()
  expect(cursor.acceptBoundary({ nextEntry: 3n, gap: true })).toEqual({ nextEntry: 3n, gap: true })
  cursor.accept(entriesOf(3, 6), header(10n))
  expect(cursor.acceptBoundary({ nextEntry: 6n, gap: false })).toEqual({ nextEntry: 6n, gap: false })
  expect(() => cursor.acceptBoundary({ nextEntry: 5n, gap: false })).toThrow(expect.objectContaining({ code: 'GAP' }))
})

test('bytes are owed below the head and while an entry is read again', () => {
  const cursor = cursorOf({ after: entryAt(3n) })
  cursor.meet(header(4n))
  expect(cursor.isOwed(header(4n))).toBe(false)
  cursor.begin()
  expect(cursor.isOwed(header(4n))).toBe(true)
  cursor.accept(entriesOf(3, 4), header(4n))
  expect(cursor.isOwed(header(4n))).toBe(false)
  expect(cursor.isOwed(header(5n))).toBe(true)
})
