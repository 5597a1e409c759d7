import type { Entry } from '@datastreamer/format'
import { type EntryKind, entryKind } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { Boundaries } from './boundaries.ts'
import { SequencerBoundaries } from './sequencer-boundaries.ts'

/** Types of protobuf entries by a letter each. */
const TYPES: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      ['k', 'bookmark'],
      ['S', 'batchStart'],
      ['B', 'l2Block'],
      ['t', 'transaction'],
      ['e', 'l2BlockEnd'],
      ['E', 'batchEnd'],
    ] as const
  ).map(([letter, kind]) => [letter, typeOf(kind)]),
)

function typeOf(kind: EntryKind): number {
  for (let type = 0; type <= 255; type++) if (entryKind(type, 'protobuf') === kind) return type
  throw new Error(`no type of ${kind}`)
}

function entries(letters: string, from = 0n): Entry[] {
  return [...letters].map((letter, i) => {
    return { type: TYPES[letter] ?? 9999, number: from + BigInt(i), data: new Uint8Array(0) }
  })
}

/** `kBte|kBte|kB`: a bar where an operation may end. */
function split(boundaries: Boundaries, letters: string, from = 0n): string {
  let at = 0
  let text = ''
  for (const run of boundaries.split(entries(letters, from))) {
    text += letters.slice(at, at + run.entries.length) + (run.atBoundary ? '|' : '')
    at += run.entries.length
  }
  return text
}

function sequencer(known: boolean, totalEntries = 0n): Boundaries {
  const boundaries = new Boundaries(new SequencerBoundaries('protobuf'))
  boundaries.connect({ known, totalEntries })
  return boundaries
}

describe('with boundaries of the upstream', () => {
  test('nothing is guessed', () => {
    const boundaries = sequencer(true, 4n)
    expect(split(boundaries, 'kBtekBte')).toBe('kBtekBte')
    expect(boundaries.received({ gap: false })).toBe(true)
    expect(boundaries.header(8n, 8n)).toBe(false)
  })

  test('a gap is guessed through, up to the next boundary', () => {
    const boundaries = sequencer(true)
    expect(boundaries.received({ gap: true })).toBe(false)
    expect(boundaries.guessing).toBe(true)
    expect(split(boundaries, 'kBtekBte')).toBe('kBte|kBte|')
    expect(boundaries.received({ gap: false })).toBe(true)
    expect(boundaries.guessing).toBe(false)
    expect(split(boundaries, 'kBtekBte')).toBe('kBtekBte')
  })
})

describe('without', () => {
  test('blocks and batches end operations; a block without an end ends before what follows it', () => {
    expect(split(sequencer(false), 'kSkBtekBteEkSkBte')).toBe('kSkBte|kBte|E|kSkBte|')
    expect(split(sequencer(false), 'kBttkBt')).toBe('kBtt|kBt')
  })

  test('a place between two runs of entries is found too', () => {
    const boundaries = sequencer(false)
    expect(split(boundaries, 'kBt')).toBe('kBt')
    expect([...boundaries.split(entries('kBt', 3n))]).toEqual([
      { entries: [], atBoundary: true },
      { entries: entries('kBt', 3n), atBoundary: false },
    ])
  })

  test('the header of the server is an end, while connecting and later', () => {
    expect(split(sequencer(false, 3n), 'kBtkBt')).toBe('kBt|kBt')
    const boundaries = sequencer(false)
    expect(split(boundaries, 'kBt')).toBe('kBt')
    expect(boundaries.header(2n, 3n)).toBe(false)
    expect(boundaries.header(3n, 3n)).toBe(true)
    expect(boundaries.header(5n, 3n)).toBe(false)
    expect(split(boundaries, 'tt', 3n)).toBe('tt|')
  })

  test('but not inside a block whose end is to come, or after a bookmark', () => {
    const boundaries = sequencer(false)
    expect(split(boundaries, 'kBtekBt')).toBe('kBte|kBt')
    expect(boundaries.header(7n, 7n)).toBe(false)
    expect(split(boundaries, 'ek', 7n)).toBe('e|k')
    expect(boundaries.header(9n, 9n)).toBe(false)
    expect(split(boundaries, 'S', 9n)).toBe('S')
    expect(boundaries.header(10n, 10n)).toBe(true)
  })

  test('on another stream only headers count', () => {
    const boundaries = new Boundaries(undefined)
    boundaries.connect({ known: false, totalEntries: 2n })
    expect(split(boundaries, 'kBtekBte')).toBe('kB|tekBte')
    expect(boundaries.header(8n, 8n)).toBe(true)
  })

  test('a new connection begins outside any block', () => {
    const boundaries = sequencer(false)
    expect(split(boundaries, 'kBt')).toBe('kBt')
    boundaries.connect({ known: false, totalEntries: 0n })
    expect(split(boundaries, 'kBte')).toBe('kBte|')
  })
})
