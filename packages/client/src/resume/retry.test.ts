import { expect, test } from 'vitest'
import { ConnectionError, ProtocolError } from '../errors.ts'
import { Retry } from './retry.ts'

const lost = new ConnectionError('CLOSED', 'lost')
const backoff = { minMs: 100, maxMs: 1000, factor: 2, jitter: 0, maxAttempts: Number.POSITIVE_INFINITY }

test('waits longer and longer, up to the longest wait; progress begins anew', () => {
  const retry = new Retry(backoff)
  expect([1, 2, 3, 4, 5, 6].map(() => retry.failed(lost, 0))).toEqual([100, 200, 400, 800, 1000, 1000])
  retry.progressed()
  expect(retry.failed(lost, 0)).toBe(100)
})

test('no wait stays none, however many attempts fail', () => {
  const retry = new Retry({ ...backoff, minMs: 0, factor: 100 })
  const waits = Array.from({ length: 400 }, () => retry.failed(lost, 0))
  expect(waits).toEqual(waits.map(() => 0))
})

test('jitter takes up to its part of the wait away', () => {
  const half = { ...backoff, jitter: 0.5 }
  expect(new Retry(half, () => 0).failed(lost, 0)).toBe(100)
  expect(new Retry(half, () => 0.999).failed(lost, 0)).toBeCloseTo(50, 0)
})

test('what failed before a connection that streamed for long no longer counts', () => {
  const retry = new Retry(backoff)
  retry.failed(lost, 0)
  retry.failed(lost, 0)
  expect(retry.failed(lost, 10_000)).toBe(100)
})

test('throws the error of the last attempt that is allowed', () => {
  const retry = new Retry({ ...backoff, maxAttempts: 3 })
  retry.failed(lost, 0)
  retry.failed(lost, 0)
  expect(() => retry.failed(lost, 0)).toThrow(lost)
})

test('breaches of the protocol are retried three times, however long each connection streams', () => {
  const retry = new Retry(backoff)
  const gap = new ProtocolError('GAP', 'gap')
  for (let i = 0; i < 3; i++) retry.failed(gap, 20_000)
  expect(() => retry.failed(gap, 20_000)).toThrow(gap)
})
