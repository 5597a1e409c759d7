import { expect, test } from 'vitest'
import { Admission } from './admission.ts'

test('counts in total and by address', () => {
  const admission = new Admission({ maxConnections: 3, maxConnectionsPerAddress: 2 })
  expect(admission.add('a')).toBeUndefined()
  expect(admission.add('a')).toBeUndefined()
  expect(admission.add('a')).toBe('MAX_CONNECTIONS_PER_ADDRESS')
  expect(admission.add('b')).toBeUndefined()
  expect(admission.add('c')).toBe('MAX_CONNECTIONS')
  admission.remove('a')
  expect(admission.add('a')).toBeUndefined()
  admission.remove('b')
  expect(admission.add('a')).toBe('MAX_CONNECTIONS_PER_ADDRESS')
})

test('0 is no limit', () => {
  const admission = new Admission({ maxConnections: 0, maxConnectionsPerAddress: 0 })
  for (let i = 0; i < 100; i++) expect(admission.add('a')).toBeUndefined()
})

test.each([
  ['2001:db8:1:2::7', '2001:db8:1:2:ffff::9', true],
  ['2001:db8:1:2::7', '2001:db8:1:3::7', false],
  ['::ffff:10.0.0.1', '10.0.0.1', true],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.2', false],
])('%s and %s count as one address: %s', (first, second, isOne) => {
  const admission = new Admission({ maxConnections: 0, maxConnectionsPerAddress: 1 })
  expect(admission.add(first)).toBeUndefined()
  expect(admission.add(second)).toBe(isOne ? 'MAX_CONNECTIONS_PER_ADDRESS' : undefined)
  if (!isOne) admission.remove(second)
  admission.remove(first)
  expect(admission.add(second)).toBeUndefined()
})
