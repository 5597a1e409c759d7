import { encodeSourceRequest, type SourceRequest } from '@datastreamer/format/source'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageLog, type MessagePosition } from './message-log.ts'

const entry = (size: number): SourceRequest => ({
  name: 'addStreamEntry',
  type: 1,
  data: new Uint8Array(size).fill(size),
})
const joined = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts)

/** What can be done to a log, by the size of the message or the number of the position. */
const steps = fc.array(
  fc.record({
    t: fc.constantFrom('append', 'append', 'append', 'take', 'drop', 'drop after', 'resend'),
    n: fc.oneof(fc.nat(200), fc.integer({ min: 60_000, max: 70_000 })),
  }),
  { maxLength: 60 },
)

test('gives every message once, in order, wherever it is shortened, dropped and begun again', () => {
  fc.assert(
    fc.property(steps, (todo) => {
      const log = new MessageLog()
      /** The messages that are kept, where they begin, and how many of them were taken. */
      let kept: { position: MessagePosition; bytes: Uint8Array }[] = []
      let taken = 0
      for (const { t, n } of todo) {
        const index = kept.length === 0 ? 0 : n % kept.length
        const position = kept[index]?.position ?? log.end
        if (t === 'append') {
          const request = entry(n)
          kept.push({ position: log.end, bytes: encodeSourceRequest(request) })
          expect(log.append(request)).toBe(n + 9)
          expect(log.tail(n)).toEqual(new Uint8Array(n).fill(n))
        } else if (t === 'take') {
          expect(joined(log.takeUnsent()).equals(joined(kept.slice(taken).map(({ bytes }) => bytes)))).toBe(true)
          taken = kept.length
        } else if (t === 'drop' && index <= taken) {
          log.dropBefore(position)
          kept = kept.slice(index)
          taken -= index
        } else if (t === 'drop after') {
          expect(log.dropAfter(position)).toBe(taken > index)
          kept = kept.slice(0, index)
          taken = Math.min(taken, kept.length)
        } else if (t === 'resend') {
          log.resendFrom(position)
          taken = index
        }
        expect(log.unsentBytes).toBe(kept.slice(taken).reduce((sum, { bytes }) => sum + bytes.length, 0))
      }
    }),
    { numRuns: 300 },
  )
})

describe('memory', () => {
  const CHUNK_BYTES = 65_536
  const filled = (log: MessageLog, value: number): Uint8Array => {
    log.append({ name: 'addStreamEntry', type: 1, data: new Uint8Array(CHUNK_BYTES - 9).fill(value) })
    return log.takeUnsent()[0] ?? new Uint8Array(0)
  }

  test('is used again once its messages are dropped, and not before', () => {
    const log = new MessageLog()
    const first = filled(log, 1)
    const between = log.end
    const second = filled(log, 2)
    const third = filled(log, 3)
    expect(new Set([first.buffer, second.buffer, third.buffer]).size).toBe(3)
    log.dropBefore({ chunk: between.chunk + 1, at: 0 })
    expect(filled(log, 4).buffer).toBe(first.buffer)
    expect([second[9], third[9]]).toEqual([2, 3])
    expect(filled(log, 5).buffer).not.toBe(second.buffer)
  })

  test('is not used again if a part of it was handed out and then forgotten: it may still be on its way', () => {
    const log = new MessageLog()
    log.append(entry(10))
    const position = log.end
    log.append(entry(20))
    const [taken] = log.takeUnsent()
    const before = Buffer.from(taken ?? [])
    expect(log.dropAfter(position)).toBe(true)
    filled(log, 1)
    log.dropBefore(log.end)
    for (let i = 2; i < 5; i++) expect(filled(log, i).buffer).not.toBe(taken?.buffer)
    expect(Buffer.from(taken ?? [])).toEqual(before)
  })

  test('that was handed out is never written to', () => {
    const log = new MessageLog()
    log.append(entry(10))
    const position = log.end
    log.append(entry(20))
    const [taken] = log.takeUnsent()
    const before = Buffer.from(taken ?? [])
    log.dropAfter(position)
    log.append(entry(30))
    expect(Buffer.from(taken ?? [])).toEqual(before)
  })

  test('is released with the messages', () => {
    const log = new MessageLog()
    for (let i = 0; i < 100; i++) log.append(entry(10_000))
    log.takeUnsent()
    log.dropBefore(log.end)
    log.append(entry(1))
    expect(joined(log.takeUnsent()).length).toBe(10)
    log.resendFrom(log.end)
    expect(log.takeUnsent()).toEqual([])
  })
})
