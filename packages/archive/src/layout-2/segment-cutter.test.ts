import type { Entry, OperationEvent } from '@datastreamer/format'
import {
  BookmarkType,
  encodeSequencerEntry,
  type Generation,
  type SequencerEntryInit,
} from '@datastreamer/sequencer-entries'
import { describe, expect, test } from 'vitest'
import { SegmentCutter, type SegmentCutterOptions, type SegmentPart } from './segment-cutter.ts'

type PlainEntry = Pick<Entry, 'type' | 'data'>

/**
 * Streams are texts: a letter an entry, `|` an operation boundary, `?` from where on they are unknown, a space between what
 * the source gives at a time. What becomes of them has `/` where a segment ends.
 */
function divide(text: string, entries: readonly PlainEntry[], options: SegmentCutterOptions): string {
  const letters = text.replaceAll(/[|? ]/g, '')
  const cutter = new SegmentCutter(options)
  let found = ''
  let next = 0
  const take = (part: SegmentPart): void => {
    if (part.kind !== 'entry') {
      found += part.kind === 'end' ? '/' : '|'
      return
    }
    expect(part.entry).toEqual({ ...entries[next], number: BigInt(next) })
    found += letters[next]
    next++
  }
  for (const event of eventsOf(text, entries)) {
    for (const part of cutter.push(event)) take(part)
    // The source may use the memory of what it gave again.
    if (event.kind === 'entries') for (const { data } of event.entries) data.fill(0xee)
  }
  for (const part of cutter.end()) take(part)
  expect(next).toBe(letters.length)
  return found
}

function* eventsOf(text: string, entries: readonly PlainEntry[]): Generator<OperationEvent, void, void> {
  let next = 0
  for (const run of text.match(/[|?]|[^|? ]+/g) ?? []) {
    if (run === '|' || run === '?') {
      yield { kind: 'operationBoundary', nextEntry: BigInt(next), gap: run === '?' }
    } else {
      const given = entries.slice(next, next + run.length)
      yield {
        kind: 'entries',
        entries: given.map(({ type, data }, i) => ({ type, data: data.slice(), number: BigInt(next + i) })),
      }
      next += run.length
    }
  }
}

describe('a stream that is no sequencer', () => {
  /** With entries of 100 bytes. */
  const split = (text: string, segmentBytes = 300): string => {
    const entries = [...text.replaceAll(/[|? ]/g, '')].map((_, i) => ({ type: 7, data: new Uint8Array(83).fill(i) }))
    return divide(text, entries, { encoding: undefined, segmentBytes })
  }

  test('ends a segment before an operation, once it holds enough', () => {
    expect(split('a|b|c|d|e|f|g|')).toBe('a|b|c|/d|e|f|/g|')
    expect(split('ab|cd|ef|gh|')).toBe('ab|cd|/ef|gh|')
    expect(split('abcd|e|')).toBe('abcd|/e|')
  })

  test('in any case after four times as much', () => {
    expect(split('abcdefghijklmnop|q|')).toBe('abcdefghijkl/mnop|/q|')
    expect(split('?abcdefghijklmnop')).toBe('abcdefghijkl/mnop')
  })

  test('whatever the source gives at a time', () => {
    for (const text of ['a|b|c|d|e|', 'a |b |c |d |e |', 'a| b| c| d| e|']) expect(split(text)).toBe('a|b|c|/d|e|')
  })
})

interface StreamOptions {
  readonly encoding?: Generation
  /** Seconds from block to block (default 10). */
  readonly seconds?: number
}

/**
 * Entries of a sequencer: `[` a bookmark of the next batch, `S` its start, `k` a bookmark of the next block, `B` the block
 * (`N`: of the next batch), `t` a transaction of some 1000 bytes, `e` the block's end, `G` a GER update of the next batch,
 * `]` the end of the batch, `x` what cannot be read, `o` something else.
 */
function sequencerEntries(text: string, { encoding = 'protobuf', seconds = 10 }: StreamOptions): PlainEntry[] {
  let [batch, block] = [0n, 0n]
  const entryOf = (letter: string): PlainEntry => {
    if (letter === 'x') return { type: 2, data: Uint8Array.of(0xff) }
    if (letter === 'o') return { type: 77, data: new Uint8Array(1000) }
    if ('[NG'.includes(letter)) batch++
    if ('BN'.includes(letter)) block++
    const timestamp = block * BigInt(seconds)
    const ofBlock: SequencerEntryInit = { kind: 'l2Block', number: block, batchNumber: batch, timestamp }
    const inits: Readonly<Record<string, SequencerEntryInit>> = {
      ...{
        '[': { kind: 'bookmark', type: BookmarkType.BATCH, value: batch },
        S: { kind: 'batchStart', number: batch },
      },
      ...{ k: { kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: block + 1n }, B: ofBlock, N: ofBlock },
      t: { kind: 'transaction', l2blockNumber: block, batchNumber: batch, encoded: new Uint8Array(1000) },
      ...{ e: { kind: 'l2BlockEnd', number: block }, G: { kind: 'updateGer', batchNumber: batch, timestamp } },
      ']': { kind: 'batchEnd', number: batch },
    }
    const init = inits[letter]
    if (init === undefined) throw new Error(`no entry ${letter}`)
    return encodeSequencerEntry(init, encoding)
  }
  return [...text.replaceAll(/[|? ]/g, '')].map(entryOf)
}

describe('a sequencer stream', () => {
  const split = (text: string, options: Partial<SegmentCutterOptions> = {}, stream: StreamOptions = {}): string =>
    divide(text, sequencerEntries(text, stream), { encoding: stream.encoding ?? 'protobuf', ...options })

  test('ends a segment before a batch, once it holds enough', () => {
    const batch = '[SkBte]|'
    expect(split(batch.repeat(5), { segmentBytes: 2000 })).toBe(`${batch}${batch}/${batch}${batch}/${batch}`)
    const ofTwo = '[SkBte|kBte]|'
    expect(split(ofTwo.repeat(3), { segmentBytes: 1500 })).toBe(`${ofTwo}/${ofTwo}/${ofTwo}`)
    // The batch's end stands alone.
    const ended = '[SkBte|]|'
    expect(split(ended.repeat(3), { segmentBytes: 1000 })).toBe(`${ended}/${ended}/${ended}`)
  })

  test('ends it there whatever is known of its operations, and whatever comes at a time', () => {
    const text = '[SkBte]'.repeat(6)
    const expected = split(text, { segmentBytes: 2500 })
    expect(expected).toBe(`${'[SkBte]'.repeat(3)}/${'[SkBte]'.repeat(3)}`)
    const withOperations = ['[SkBte]|', '[SkBt e]|', '[ S kBte| ]|', '[SkBte] ', '?[SkB te]'].map((each) =>
      each.repeat(6),
    )
    for (const known of withOperations) {
      expect(split(known, { segmentBytes: 2500 }).replaceAll('|', '')).toBe(expected)
    }
    // An operation of two batches.
    expect(split('[SkBte][SkBte]|'.repeat(2), { segmentBytes: 500 })).toBe('[SkBte]/[SkBte]|/[SkBte]/[SkBte]|')
  })

  test('ends it before any block once it holds twice as much, before any entry once it holds four times as much', () => {
    expect(split('[SkBtekBtekBtekBtekBte]', { segmentBytes: 1000 })).toBe('[SkBtekBte/kBtekBte/kBte]')
    expect(split('[SkBtttttttttte]', { segmentBytes: 1000 })).toBe('[SkBtttt/tttt/tte]')
  })

  test('ends it before a batch of a later period', () => {
    const batch = '[SkBe]|'
    expect(split(batch.repeat(5), { periodSeconds: 20 })).toBe(`${batch}/${batch}${batch}/${batch}${batch}`)
    expect(split(batch.repeat(5))).toBe(batch.repeat(5))
    expect(split(batch.repeat(3), {}, { seconds: 3600 })).toBe(`${batch}/${batch}/${batch}`)
    // In the middle of a batch it does not end.
    expect(split('[SkBe|kBe|kBe]|[SkBe]|', { periodSeconds: 20 })).toBe('[SkBe|kBe|kBe]|/[SkBe]|')
  })

  test('ends it although nothing says yet of what period a batch is, if more of it is than may be held back', () => {
    const long = `[S${'o'.repeat(70)}kBe]|`
    expect(split(`[SkBe]|${long}[SkBe]|`, { periodSeconds: 10 })).toBe(`[SkBe]|${long}/[SkBe]|`)
    expect(split(`[SkBe]|[${'S'.repeat(5)}okBe]|`, { periodSeconds: 10 })).toBe('[SkBe]|/[SSSSSokBe]|')
  })

  test('has the boundaries that its blocks show where others are unknown', () => {
    expect(split('[SkBe|kBe]|?[SkBekBe][SkBe]kB|e]')).toBe('[SkBe|kBe]|[SkBe|kBe|]|[SkBe|]|kB|e]')
    // A block without an end ends before what follows it.
    expect(split('?[SkBtkBt][SkBt]')).toBe('[SkBt|kBt]|[SkBt]|')
  })

  test('goes on past what cannot be read', () => {
    expect(split('[SkBte]|xx|[SkBte]|', { segmentBytes: 1000 })).toBe('[SkBte]|xx|/[SkBte]|')
  })

  test.each([
    ['etrog', '?[kBtekBte[kBteG[kBte', '[kBte|kBte|/[kBte|/G|[kBte|'],
    ['pre-etrog', '?kNtekBtekNteGkNte', 'kNte|kBte|/kNte|/G|kNte|'],
    ['sequencer-2023-09', '?NtBtNtNt', 'Nt|Bt|/Nt|/Nt'],
  ] as const)('of %s', (encoding, text, expected) => {
    expect(split(text, { segmentBytes: 900 }, { encoding })).toBe(expected)
  })
})

test.each([
  [{ segmentBytes: 0 }],
  [{ segmentBytes: 268_435_457 }],
  [{ segmentBytes: 1.5 }],
  [{ periodSeconds: 0 }],
  [{ periodSeconds: 0.5 }],
])('%j is refused', (options) => {
  expect(() => new SegmentCutter({ encoding: undefined, ...options })).toThrow(RangeError)
})
