import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ReadAhead } from '../src/execution/archive/read-ahead.ts'

const SIZE = 100_000
const bytes = Uint8Array.from({ length: SIZE }, (_, i) => i % 251)

/** A source that notes what it is asked for, and fails where it is told to. */
class NotedSource {
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
    const source = new NotedSource()
    const windows = new ReadAhead(source, 30_000, SIZE - 1000)
    let window = await windows.next(0, NOTHING, false)
    expect(window).toEqual(bytes.subarray(0, 30_000))
    expect(source.asked).toEqual(['0+30000', '30000+30000'])
    window = await windows.next(29_000, window.subarray(29_000), true)
    expect(window).toEqual(bytes.subarray(29_000, 60_000))
    window = await windows.next(60_000, NOTHING, true)
    expect(window).toEqual(bytes.subarray(60_000, 90_000))
    window = await windows.next(89_990, window.subarray(29_990), true)
    expect(window).toEqual(bytes.subarray(89_990, SIZE - 1000))
    expect(source.asked).toEqual(['0+30000', '30000+30000', '60000+30000', '90000+9000'])
  })

  test('a place elsewhere is read anew', async () => {
    const source = new NotedSource()
    const windows = new ReadAhead(source, 10_000, SIZE)
    await windows.next(0, NOTHING, true)
    expect(await windows.next(70_000, NOTHING, true)).toEqual(bytes.subarray(70_000, 80_000))
    expect(await windows.next(3, NOTHING, true)).toEqual(bytes.subarray(3, 10_003))
  })

  test('memory is used again only where that is allowed', async () => {
    const kept = new ReadAhead(new NotedSource(), 10_000, SIZE)
    const first = await kept.next(0, NOTHING, false)
    for (let at = 10_000; at < SIZE; at += 10_000) await kept.next(at, NOTHING, false)
    expect(first).toEqual(bytes.subarray(0, 10_000))

    const reused = new ReadAhead(new NotedSource(), 10_000, SIZE)
    const memory = new Set<ArrayBufferLike>()
    for (let at = 0; at < SIZE; at += 10_000) memory.add((await reused.next(at, NOTHING, true)).buffer)
    expect(memory.size).toBe(2)
  })

  test('a failure is told to who asks for those bytes, and to nobody else', async () => {
    const source = new NotedSource()
    source.failAt = 15_000
    const windows = new ReadAhead(source, 10_000, SIZE)
    expect(await windows.next(0, NOTHING, true)).toEqual(bytes.subarray(0, 10_000))
    await setImmediate()
    await expect(windows.next(10_000, NOTHING, true)).rejects.toThrow('no bytes at 15000')
    source.failAt = Number.POSITIVE_INFINITY
    expect(await windows.next(10_000, NOTHING, true)).toEqual(bytes.subarray(10_000, 20_000))
  })
})
