import { ManualClock } from '@datastreamer/runtime/testing'
import { describe, expect, it } from 'vitest'
import { DirectCalls } from './direct-calls.ts'

const MAX_BYTES = 65_536
const SECOND = 1000
const MINUTE = 60 * SECOND

function taking(clock: ManualClock, ms: number): () => void {
  return () => clock.advance(ms)
}

/** Whether a small call may be direct now. */
const isDirect = (calls: DirectCalls): boolean => calls.mayCall(4096)

describe('direct calls', () => {
  it('are small ones, as long as the disk answers at once', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    for (let i = 0; i < 10_000; i++) {
      expect(isDirect(calls)).toBe(true)
      expect(calls.run(() => i)).toBe(i)
      calls.run(taking(clock, 0.2))
    }
    expect(calls.mayCall(65_536)).toBe(true)
    expect(calls.mayCall(65_537)).toBe(false)
  })

  it('stop for a minute after one that took long, also if it failed', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    const failing = (): void => {
      clock.advance(SECOND)
      throw new Error('no space left')
    }
    expect(() => calls.run(failing)).toThrow('no space left')
    expect(isDirect(calls)).toBe(false)
    clock.advance(MINUTE - 1)
    expect(isDirect(calls)).toBe(false)
    clock.advance(1)
    expect(isDirect(calls)).toBe(true)
  })

  it('stop when half of the last ones took long, however short the others are', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    // Others had the processor now and then.
    for (let i = 0; i < 10_000; i++) {
      expect(isDirect(calls)).toBe(true)
      calls.run(taking(clock, i % 3 === 0 ? 10 : 0.01))
    }
    for (let i = 0; i < 16; i++) calls.run(taking(clock, 0.01))
    for (let i = 0; i < 7; i++) calls.run(taking(clock, 2))
    expect(isDirect(calls)).toBe(true)
    calls.run(taking(clock, 2))
    expect(isDirect(calls)).toBe(false)
  })

  it('stop when the last ones took too long together', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    for (let i = 0; i < 2; i++) calls.run(taking(clock, 50))
    expect(isDirect(calls)).toBe(true)
    calls.run(taking(clock, 1.1))
    expect(isDirect(calls)).toBe(false)
  })

  it('do not return as long as calls that were handed over take long', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    calls.onHandedOver(4096, SECOND)
    expect(isDirect(calls)).toBe(true)
    calls.run(taking(clock, SECOND))
    for (let i = 0; i < 10; i++) {
      clock.advance(MINUTE - SECOND)
      calls.onHandedOver(4096, 3)
      expect(isDirect(calls)).toBe(false)
      calls.onHandedOver(4096, SECOND)
    }
    clock.advance(MINUTE - 1)
    // A large one takes long on any disk.
    calls.onHandedOver(1024 * 1024, SECOND)
    expect(isDirect(calls)).toBe(false)
    clock.advance(1)
    expect(isDirect(calls)).toBe(true)
  })

  it('return ever later if the disk is slow again, up to an hour', () => {
    const clock = new ManualClock()
    const calls = new DirectCalls(clock, MAX_BYTES)
    const penalties: number[] = []
    for (let i = 0; i < 9; i++) {
      calls.run(taking(clock, SECOND))
      const from = clock.now()
      while (!isDirect(calls)) clock.advance(MINUTE)
      penalties.push((clock.now() - from) / MINUTE)
    }
    expect(penalties).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    clock.advance(61 * MINUTE)
    calls.run(taking(clock, SECOND))
    clock.advance(MINUTE)
    expect(isDirect(calls)).toBe(true)
  })
})
