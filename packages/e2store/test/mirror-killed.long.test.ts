import { expect, test } from 'vitest'
import { killMirror } from './support/mirror-killed.ts'

test('a mirror that is killed 40 times fetches little more than the files have', { timeout: 300_000 }, async () => {
  const { kills, isSame, size, sent } = await killMirror(40, 5000)
  expect([kills, isSame]).toEqual([40, true])
  expect(sent).toBeLessThanOrEqual(size + kills * 2 * 65_536)
})
