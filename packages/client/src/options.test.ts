import { nodeNet, systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { settingsOf } from './options.ts'

test('fills in the defaults that the README names', () => {
  expect(settingsOf({ host: 'h', port: 6900 })).toEqual({
    host: 'h',
    port: 6900,
    streamType: 1n,
    systemId: undefined,
    version: undefined,
    tls: undefined,
    connectTimeoutMs: 10_000,
    responseTimeoutMs: 10_000,
    idleTimeoutMs: undefined,
    headCheckMs: 1000,
    keepAliveMs: 30_000,
    backoff: { minMs: 100, maxMs: 10_000, factor: 2, jitter: 0.5, maxAttempts: Number.POSITIVE_INFINITY },
    maxEntryBytes: 1_048_576,
    readAheadBytes: 1_048_576,
    clock: systemClock,
    net: nodeNet,
  })
})

test.each([
  { port: 0 },
  { port: 65_536 },
  { port: Number.NaN },
  { connectTimeoutMs: 0 },
  { responseTimeoutMs: 2 ** 31 },
  { idleTimeoutMs: 0 },
  { headCheckMs: 0 },
  { maxEntryBytes: 16 },
  { maxEntryBytes: 1_048_577 },
  { readAheadBytes: 0 },
  { backoff: { factor: 0.5 } },
  { backoff: { jitter: 2 } },
  { backoff: { maxAttempts: 0 } },
])('refuses %o', (options) => {
  expect(() => settingsOf({ host: 'h', port: 1, ...options })).toThrow(RangeError)
})
