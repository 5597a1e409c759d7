import { expect, test } from 'vitest'
import { killMirror } from './support/mirror-killed.ts'

/** What is under way when the program is killed is sent again. */
const LOST_BYTES = 2 * 65_536

test('a mirror that is killed goes on where it was, in the middle of a file', async () => {
  const { kills, isSame, size, sent } = await killMirror(4, 500)
  expect([kills, isSame]).toEqual([4, true])
  expect(size).toBeGreaterThan(2_000_000)
  expect(sent).toBeLessThanOrEqual(size + kills * LOST_BYTES)
})
