import { networkInterfaces } from 'node:os'
import { expect, test, vi } from 'vitest'
import { isOwnAddress } from './own-address.ts'

vi.mock(import('node:os'), { spy: true })

test.each([
  ['127.0.0.1', true],
  ['127.8.0.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['fe80::7', true],
  ['fe80::7%eth0', true],
  ['10.1.2.4', false],
  ['12.7.0.1', false],
  ['fe80::8%eth0', false],
  ['::2', false],
  ['127.example', false],
  ['', false],
])('%s is of this machine: %s', (address, expected) => {
  const rest = { netmask: '', mac: '', internal: false, cidr: null }
  vi.mocked(networkInterfaces).mockReturnValue({
    eth0: [
      { ...rest, family: 'IPv4', address: '10.1.2.3' },
      { ...rest, family: 'IPv6', address: 'fe80::7', scopeid: 2 },
    ],
    down: undefined,
  })
  expect(isOwnAddress(address)).toBe(expected)
})

test('where the system does not list its interfaces, only loopback is known', () => {
  vi.mocked(networkInterfaces).mockImplementation(() => {
    throw new Error('simulated')
  })
  expect(['127.0.0.1', '10.1.2.3'].map(isOwnAddress)).toEqual([true, false])
})
