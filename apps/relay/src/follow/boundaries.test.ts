import type { Entry } from '@datastreamer/format'
import { type EntryKind, entryKind } from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { Boundaries } from './boundaries.ts'
import { SequencerEnds } from './sequencer-ends.ts'

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
function cut(boundaries: Boundaries, letters: string, from = 0n): string {
  let at = 0
  let text = ''
  for (const piece of boundaries.split(entries(letters, from))) {
    text += letters.slice(at, at + piece.entries.length) + (piece.ends ? '|' : '')
    at += piece.entries.length
  }
  return text
}

function sequencer(known: boolean, totalEntries = 0n): Boundaries {
  const boundaries = new Boundaries(new SequencerEnds('protobuf'))
  boundaries.connect({ known, totalEntries })
  return boundaries
}

describe('with boundaries of the upstream', () => {
  test('nothing is guessed', () => {
    const boundaries = sequencer(true, 4n)
    expect(cut(boundaries, 'kBtekBte')).toBe('kBtekBte')
    expect(boundaries.received({ gap: false })).toBe(true)
    expect(boundaries.header(8n, 8n)).toBe(false)
  })

  test('a gap is guessed through, up to the next boundary', () => {
    const boundaries = sequencer(true)
    expect(boundaries.received({ gap: true })).toBe(false)
    expect(boundaries.guessing).toBe(true)
    expect(cut(boundaries, 'kBtekBte')).toBe('kBte|kBte|')
    expect(boundaries.received({ gap: false })).toBe(true)
    expect(boundaries.guessing).toBe(false)
    expect(cut(boundaries, 'kBtekBte')).toBe('kBtekBte')
  })
})

describe('without', () => {
  test('blocks and batches end operations; a block without an end ends before what follows it', () => {
    expect(cut(sequencer(false), 'kSkBtekBteEkSkBte')).toBe('kSkBte|kBte|E|kSkBte|')
    expect(cut(sequencer(false), 'kBttkBt')).toBe('kBtt|kBt')
  })

  test('a place between two runs of entries is found too', () => {
    const boundaries = sequencer(false)
    expect(cut(boundaries, 'kBt')).toBe('kBt')
    expect([...boundaries.split(entries('kBt', 3n))]).toEqual([
      { entries: [], ends: true },
      { entries: entries('kBt', 3n), ends: false },
    ])
  })

  test('the header of the server is an end, while connecting and later', () => {
    expect(cut(sequencer(false, 3n), 'kBtkBt')).toBe('kBt|kBt')
    const boundaries = sequencer(false)
    expect(cut(boundaries, 'kBt')).toBe('kBt')
    expect(boundaries.header(2n, 3n)).toBe(false)
    expect(boundaries.header(3n, 3n)).toBe(true)
    expect(boundaries.header(5n, 3n)).toBe(false)
    expect(cut(boundaries, 'tt', 3n)).toBe('tt|')
  })

  test('but not inside a block whose end is to come, or behind a bookmark', () => {
    const boundaries = sequencer(false)
    expect(cut(boundaries, 'kBtekBt')).toBe('kBte|kBt')
    expect(boundaries.header(7n, 7n)).toBe(false)
    expect(cut(boundaries, 'ek', 7n)).toBe('e|k')
    expect(boundaries.header(9n, 9n)).toBe(false)
    expect(cut(boundaries, 'S', 9n)).toBe('S')
    expect(boundaries.header(10n, 10n)).toBe(true)
  })

  test('on another stream only headers count', () => {
    const boundaries = new Boundaries(undefined)
    boundaries.connect({ known: false, totalEntries: 2n })
    expect(cut(boundaries, 'kBtekBte')).toBe('kB|tekBte')
    expect(boundaries.header(8n, 8n)).toBe(true)
  })

  test('a new connection begins outside any block', () => {
    const boundaries = sequencer(false)
    expect(cut(boundaries, 'kBt')).toBe('kBt')
    boundaries.connect({ known: false, totalEntries: 0n })
    expect(cut(boundaries, 'kBte')).toBe('kBte|')
  })
})
