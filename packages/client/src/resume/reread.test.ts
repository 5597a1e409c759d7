import { expect, test } from 'vitest'
import { entriesOf, entryAt } from '../../test/support/entries.ts'
import { checkpointOf, parseCheckpoint } from '../checkpoint.ts'
import { Reread } from './reread.ts'

const checkpoint = parseCheckpoint(checkpointOf(entryAt(9n), entryAt(4n)))

test('gives what comes after the checkpoint, however entries come in batches', () => {
  for (let size = 1; size <= 9; size++) {
    const reread = new Reread(checkpoint)
    const fresh = []
    for (let number = 4; number < 13; number += size) {
      expect(reread.next).toBe(BigInt(Math.min(number, 10)))
      if (!reread.done) fresh.push(...reread.take(entriesOf(number, Math.min(13, number + size)), 13n))
      else fresh.push(...entriesOf(number, Math.min(13, number + size)))
    }
    expect(fresh).toEqual(entriesOf(10, 13))
    expect(reread).toMatchObject({ done: true, opening: entryAt(4n) })
  }
})

test.each([4, 9])('another entry %i is a rewritten history', (changed) => {
  const entries = entriesOf(4, 12).map((entry) => (entry.number === BigInt(changed) ? { ...entry, type: 9 } : entry))
  expect(() => new Reread(checkpoint).take(entries, 12n)).toThrow(
    expect.objectContaining({ code: 'REWRITTEN', lastDelivered: 9n, totalEntries: 12n }),
  )
})

test('entries between the two may be others: they were not looked at either', () => {
  const entries = entriesOf(4, 12).map((entry) => (entry.number === 6n ? { ...entry, type: 9 } : entry))
  expect(new Reread(checkpoint).take(entries, 12n)).toEqual(entriesOf(10, 12))
})
