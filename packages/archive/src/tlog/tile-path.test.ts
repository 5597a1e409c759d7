import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTilePath, tilePath } from './tile-path.ts'

test.each([
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 0, index: 999, width: 1 }, 'tile/0/999.p/1'],
  [{ level: 1, index: 1000, width: 255 }, 'tile/1/x001/000.p/255'],
  [{ level: 63, index: 1234067, width: 256 }, 'tile/63/x001/x234/067'],
  [{ level: 'entries', index: 0, width: 3 }, 'tile/entries/000.p/3'],
  [{ level: 'entries', index: 1_000_000, width: 256 }, 'tile/entries/x001/x000/000'],
  [{ level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }, 'tile/0/x009/x007/x199/x254/x740/991'],
] as const)('%j is %s', (ref, path) => {
  expect(tilePath(ref)).toBe(path)
  expect(parseTilePath(path)).toEqual(ref)
})

test('every tile has one path', () => {
  const refs = fc.record({
    level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
    index: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
    width: fc.integer({ min: 1, max: 256 }),
  })
  fc.assert(
    fc.property(refs, (ref) => {
      expect(parseTilePath(tilePath(ref))).toEqual(ref)
    }),
  )
})

test('a path that is read is the one of its tile', () => {
  const parts = fc.constantFrom(
    'tile/',
    'entries/',
    '0/',
    '63/',
    '64/',
    'x',
    '000',
    '001',
    '1',
    '/',
    '.p/',
    '256',
    '0',
    '٣',
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (list) => {
      const path = `tile/${list.join('')}`
      const ref = parseTilePath(path)
      if (ref !== undefined) expect(tilePath(ref)).toBe(path)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  '',
  'tile',
  'tile/0',
  'tile/0/',
  'tile/0/0',
  'tile/0/00',
  'tile/0/0000',
  'tile/0/x000',
  'tile/0/x000/001',
  'tile/0/001/001',
  'tile/0/X001/000',
  'tile/0/x001/000/',
  'tile/0/x009/x007/x199/x254/x740/992',
  `tile/0/${'x001/'.repeat(200)}000`,
  'tile/00/000',
  'tile/01/000',
  'tile/64/000',
  'tile/-1/000',
  'tile/8/0/000',
  'tile/data/000',
  'tile/0/000.p',
  'tile/0/000.p/',
  'tile/0/000.p/0',
  'tile/0/000.p/00',
  'tile/0/000.p/01',
  'tile/0/000.p/256',
  'tile/0/000.p/257',
  'tile/0/000.p/999',
  'tile/0/000.p/1.p/1',
  'tile/0/000p/1',
  'tile/0/000.p/1\n',
  '/tile/0/000',
  'x/tile/0/000',
  'tile/0/٠٠٠',
  'checkpoint',
])('%j is no path of a tile', (path) => {
  expect(parseTilePath(path)).toBeUndefined()
})
