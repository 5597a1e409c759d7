import { describe, expect, test } from 'vitest'
import { plainAddress, shareOf } from './share-of.ts'

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

describe('one address', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s is %s', (address, share) => {
    expect(shareOf(address)).toBe(share)
  })
})
