import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, it } from 'vitest'
import { DirectWrites } from './direct-writes.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

function taking(clock: ManualClock, ms: number): () => void {
  return () => clock.advance(ms)
}

/** Whether a small write may be direct now. */
const isDirect = (writes: DirectWrites): boolean => writes.mayWrite(4096)

describe('direct writes', () => {
  it('are small ones, as long as the disk answers at once', () => {
    const clock = new ManualClock()
    const writes = new DirectWrites(clock)
    for (let i = 0; i < 10_000; i++) {
      expect(isDirect(writes)).toBe(true)
      expect(writes.run(() => i)).toBe(i)
      writes.run(taking(clock, 0.2))
    }
    expect(writes.mayWrite(65_536)).toBe(true)
    expect(writes.mayWrite(65_537)).toBe(false)
  })

  it('stop for a minute after one that took long, also if it failed', () => {
    const clock = new ManualClock()
    const writes = new DirectWrites(clock)
    const failing = (): void => {
      clock.advance(SECOND)
      throw new Error('no space left')
    }
    expect(() => writes.run(failing)).toThrow('no space left')
    expect(isDirect(writes)).toBe(false)
    clock.advance(MINUTE - 1)
    expect(isDirect(writes)).toBe(false)
    clock.advance(1)
    expect(isDirect(writes)).toBe(true)
  })

  it('take a tenth of the time at most if each of them takes a little', () => {
    const clock = new ManualClock()
    const writes = new DirectWrites(clock)
    let direct = 0
    while (isDirect(writes)) {
      writes.run(taking(clock, 2))
      clock.advance(1)
      direct += 2
    }
    expect(direct).toBeLessThan(40)
    expect(clock.now()).toBeLessThan(60)
    const seldom = new DirectWrites(clock)
    for (let i = 0; i < 10_000; i++) {
      expect(isDirect(seldom)).toBe(true)
      seldom.run(taking(clock, 2))
      clock.advance(20)
    }
  })

  it('do not return as long as writes that were handed over take long', () => {
    const clock = new ManualClock()
    const writes = new DirectWrites(clock)
    writes.onHandedOver(4096, SECOND)
    expect(isDirect(writes)).toBe(true)
    writes.run(taking(clock, SECOND))
    for (let i = 0; i < 10; i++) {
      clock.advance(MINUTE - SECOND)
      writes.onHandedOver(4096, 3)
      expect(isDirect(writes)).toBe(false)
      writes.onHandedOver(4096, SECOND)
    }
    clock.advance(MINUTE - 1)
    // A large one takes long on any disk.
    writes.onHandedOver(1024 * 1024, SECOND)
    expect(isDirect(writes)).toBe(false)
    clock.advance(1)
    expect(isDirect(writes)).toBe(true)
  })

  it('return ever later if the disk is slow again, up to an hour', () => {
    const clock = new ManualClock()
    const writes = new DirectWrites(clock)
    const penalties: number[] = []
    for (let i = 0; i < 9; i++) {
      writes.run(taking(clock, SECOND))
      const from = clock.now()
      while (!isDirect(writes)) clock.advance(MINUTE)
      penalties.push((clock.now() - from) / MINUTE)
    }
    expect(penalties).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    clock.advance(61 * MINUTE)
    writes.run(taking(clock, SECOND))
    clock.advance(MINUTE)
    expect(isDirect(writes)).toBe(true)
  })
})
