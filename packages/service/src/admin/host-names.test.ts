import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { HostNames } from './host-names.ts'

describe('a listener on loopback', () => {
  const names = new HostNames('127.0.0.1')

  test.each([
    '127.0.0.1',
    '127.0.0.1:9090',
    '10.1.2.3:9090',
    '[::1]:9090',
    '[::1]',
    '[fe80::1%25eth0]:9090',
    'localhost',
    'LocalHost:9090',
    'localhost.:9090',
    undefined,
  ])('answers %s', (header) => {
    expect(names.allows(header)).toBe(true)
  })

  test.each([
    'evil.example',
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@127.0.0.1',
    '[::1].evil.example',
    '[evil.example]',
    '::1',
    '1',
    '0x7f000001',
    '',
    ':9090',
    'relay-1:9090:9090',
  ])('refuses %s', (header) => {
    expect(names.allows(header)).toBe(header === '::1')
  })
})

test('the name that it listens on, and further ones, are answered', () => {
  const names = new HostNames('relay-1.internal', ['Server:9090', 'relay.example'])
  for (const header of ['relay-1.internal:9090', 'server:9090', 'server', 'relay.example']) {
    expect(names.allows(header)).toBe(true)
  }
  expect(names.allows('other.example')).toBe(false)
})

test("the machine's own name is answered where it listens beyond loopback", () => {
  const header = `${hostname()}:9090`
  expect(new HostNames('0.0.0.0').allows(header)).toBe(true)
  expect(new HostNames('::').allows(header)).toBe(true)
  if (hostname() !== 'localhost') expect(new HostNames('127.0.0.1').allows(header)).toBe(false)
})

test('* answers every name', () => {
  expect(new HostNames('0.0.0.0', ['*']).allows('whatever.example')).toBe(true)
})
