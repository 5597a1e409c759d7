import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ReadAhead } from '../src/io/read-ahead.ts'
import { expectBytes } from './support/expect-bytes.ts'

const SIZE = 100_000
const bytes = Uint8Array.from({ length: SIZE }, (_, i) => i % 251)

/** A source that records its reads, and fails from a given position on. */
class RecordingSource {
  readonly size = SIZE
  readonly asked: string[] = []
  failAt = Number.POSITIVE_INFINITY

  async read(position: number, length: number): Promise<Uint8Array> {
    return bytes.slice(position, position + length)
  }

  async readInto(position: number, target: Uint8Array): Promise<void> {
    this.asked.push(`${position}+${target.length}`)
    await setImmediate()
    if (position + target.length > this.failAt) throw new Error(`no bytes at ${this.failAt}`)
    target.set(bytes.subarray(position, position + target.length))
  }
}

const NOTHING = new Uint8Array(0)

describe('reading ahead', () => {
  test('the next window is read while one is in use, up to the end', async () => {
    const source = new RecordingSource()
    const windows = new ReadAhead(source, 30_000, SIZE - 1000)
    let window = await windows.next(0, NOTHING)
    expectBytes(window, bytes.subarray(0, 30_000))
    expect(source.asked).toEqual(['0+30000', '30000+30000'])
    window = await windows.next(29_000, window.subarray(29_000))
    expectBytes(window, bytes.subarray(29_000, 60_000))
    window = await windows.next(60_000, NOTHING)
    expectBytes(window, bytes.subarray(60_000, 90_000))
    window = await windows.next(89_990, window.subarray(29_990))
    expectBytes(window, bytes.subarray(89_990, SIZE - 1000))
    expect(source.asked).toEqual(['0+30000', '30000+30000', '60000+30000', '90000+9000'])
  })

  test('another position is read anew', async () => {
    const source = new RecordingSource()
    const windows = new ReadAhead(source, 10_000, SIZE)
    await windows.next(0, NOTHING)
    expectBytes(await windows.next(70_000, NOTHING), bytes.subarray(70_000, 80_000))
    expectBytes(await windows.next(3, NOTHING), bytes.subarray(3, 10_003))
  })

  test('memory is reused, but never that of the window in use', async () => {
    const windows = new ReadAhead(new RecordingSource(), 10_000, SIZE)
    const memory = new Set<ArrayBufferLike>()
    for (let at = 0; at < SIZE; at += 10_000) {
      const window = await windows.next(at, NOTHING)
      memory.add(window.buffer)
      await setImmediate()
      expectBytes(window, bytes.subarray(at, at + 10_000))
    }
    expect(memory.size).toBe(2)
  })

  test('a failure is reported when those bytes are needed, and not before', async () => {
    const source = new RecordingSource()
    source.failAt = 15_000
    const windows = new ReadAhead(source, 10_000, SIZE)
    expectBytes(await windows.next(0, NOTHING), bytes.subarray(0, 10_000))
    await setImmediate()
    await expect(windows.next(10_000, NOTHING)).rejects.toThrow('no bytes at 15000')
    source.failAt = Number.POSITIVE_INFINITY
    expectBytes(await windows.next(10_000, NOTHING), bytes.subarray(10_000, 20_000))
  })
})
