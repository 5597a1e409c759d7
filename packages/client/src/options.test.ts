import { nodeNet, systemClock } from '@datastreamer/runtime'
import { expect, test } from 'vitest'
import { type ConnectOptions, settingsOf, withAddress } from './options.ts'

test('fills in the defaults that the README names', () => {
  expect(settingsOf({ host: 'h', port: 6900 })).toEqual({
    name: 'h:6900',
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
    compression: 'auto',
    publicKeys: [],
    maxEntryBytes: 1_048_576,
    readAheadBytes: 1_048_576,
    historyMaxFailures: 8,
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
  { historyMaxFailures: 0 },
  { backoff: { factor: 0.5 } },
  { backoff: { jitter: 2 } },
  { backoff: { maxAttempts: 0 } },
  { streamType: -1 },
  { systemId: 0.5 },
  { systemId: 2 ** 53 },
])('refuses %o', (options) => {
  expect(() => settingsOf({ host: 'h', port: 1, ...options })).toThrow(RangeError)
})

test('names of streams may be safe integers', () => {
  expect(settingsOf({ host: '::1', port: 1, streamType: 2, systemId: 779 })).toMatchObject({
    name: '[::1]:1',
    streamType: 2n,
    systemId: 779n,
  })
})

test.each<[text: string, options: ConnectOptions, expected: object]>([
  ['h:1', {}, { host: 'h', port: 1 }],
  ['h:1', { tls: { servername: 's' } }, { host: 'h', port: 1, tls: { servername: 's' } }],
  ['tcp://[::1]:1', { version: 2 }, { host: '::1', port: 1, version: 2 }],
  ['tls://h:1', {}, { host: 'h', port: 1, tls: {} }],
  ['tls://h:1', { tls: { servername: 's' } }, { host: 'h', port: 1, tls: { servername: 's' } }],
])('address %s with %o', (text, options, expected) => {
  expect(withAddress(text, options)).toEqual(expected)
})

test.each([
  ['h', {}],
  ['h:0', {}],
  ['h:65536', {}],
  ['http://h:1', {}],
  ['tls:h:1', {}],
  ['tcp://h:1', { tls: {} }],
])('no address %s with %o', (text, options) => {
  expect(() => withAddress(text, options)).toThrow(TypeError)
})
