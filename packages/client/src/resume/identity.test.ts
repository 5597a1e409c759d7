import { expect, test } from 'vitest'
import { settingsOf } from '../options.ts'
import { IdentityCheck } from './identity.ts'

const header = {
  generation: 3 as const,
  version: 2,
  systemId: 779n,
  streamType: 1n,
  totalLength: 4096,
  totalEntries: 0n,
}
const identityOf = (options: object = {}) => new IdentityCheck(settingsOf({ host: 'h', port: 1, ...options }))

test.each([
  ['streamType', { streamType: 2n }],
  ['systemId', { systemId: 1n }],
  ['version', { version: 3 }],
])('%s is checked against the options', (field, options) => {
  expect(() => identityOf(options).check(header)).toThrow(expect.objectContaining({ code: 'STREAM_CHANGED', field }))
})

test.each([
  ['systemId', { systemId: 1n }, 779n, 1n],
  ['version', { version: 3 }, 2n, 3n],
])('%s is checked against the first header', (field, change, expected, found) => {
  const identity = identityOf()
  identity.check(header)
  identity.check({ ...header, totalEntries: 5n })
  expect(() => identity.check({ ...header, ...change })).toThrow(expect.objectContaining({ field, expected, found }))
})
