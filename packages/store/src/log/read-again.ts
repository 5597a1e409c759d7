import { DamageError } from './damage-error.ts'

/**
 * Read what may change meanwhile, and again if damage is found: a write may be under way, or the system may have dropped what
 * a failed sync has lost.
 *
 * @param times most attempts
 * @param pause before each attempt but the first
 * @throws {DamageError} of the last attempt
 */
export async function readAgain<T>(
  times: number,
  read: () => Promise<T>,
  pause: () => Promise<unknown> = async () => {},
): Promise<T> {
  for (let left = times; ; left--) {
    try {
      return await read()
    } catch (error) {
      if (left <= 1 || !(error instanceof DamageError)) throw error
      await pause()
    }
  }
}
