import { randomInt } from 'node:crypto'

/** From which everything random in a run of the tests begins, unless `TEST_SEED` says otherwise. */
const FIXED = 7
const LIMIT = 2 ** 31

/**
 * The seed of a run of the tests. It is fixed, so that what passed once passes again; `TEST_SEED=fresh` takes one by
 * chance, a number takes that one.
 *
 * @throws {RangeError} if `TEST_SEED` is neither
 */
export function testSeed(asked = process.env.TEST_SEED): number {
  if (asked === undefined || asked === '') return FIXED
  if (asked === 'fresh') return randomInt(1, LIMIT)
  const seed = Number(asked)
  if (!Number.isInteger(seed) || seed < 0 || seed >= LIMIT) {
    throw new RangeError(`TEST_SEED: found "${asked}", expected "fresh" or an integer from 0 to ${LIMIT - 1}`)
  }
  return seed
}
