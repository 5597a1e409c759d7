import { expect, test } from 'vitest'
import { Admission, plainAddress } from './admission.ts'

test('counts in total and by address', () => {
  const admission = new Admission({ maxConnections: 3, maxConnectionsPerAddress: 2 })
  expect(admission.enter('a')).toBeUndefined()
  expect(admission.enter('a')).toBeUndefined()
  expect(admission.enter('a')).toBe('MAX_CONNECTIONS_PER_ADDRESS')
  expect(admission.enter('b')).toBeUndefined()
  expect(admission.enter('c')).toBe('MAX_CONNECTIONS')
  admission.leave('a')
  expect(admission.enter('a')).toBeUndefined()
  admission.leave('b')
  expect(admission.enter('a')).toBe('MAX_CONNECTIONS_PER_ADDRESS')
})

test('0 is no limit', () => {
  const admission = new Admission({ maxConnections: 0, maxConnectionsPerAddress: 0 })
  for (let i = 0; i < 100; i++) expect(admission.enter('a')).toBeUndefined()
})

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:1', '::ffff:1'],
  ['::1', '::1'],
  [undefined, ''],
])('the plain form of %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain)
})
