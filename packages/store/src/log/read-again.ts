import { DamageError } from './damage-error.ts'

/**
 * Read what may change meanwhile, and again where damage is found: whoever writes it may be in the middle, or memory may
 * have forgotten what a failed sync has lost.
 *
 * @param times most readings
 * @param pause before each reading but the first
 * @throws {DamageError} that of the last reading
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
