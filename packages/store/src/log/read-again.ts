import { DamageError } from './damage-error.ts'

/**
 * Look at what may become another between two reads, again where damage is found: whoever writes it may be in the middle, or
 * memory may have forgotten what a failed sync has lost.
 *
 * @param looks at most
 * @param pause before each look but the first
 * @throws {DamageError} that of the last look
 */
export async function readAgain<T>(
  looks: number,
  look: () => Promise<T>,
  pause: () => Promise<unknown> = async () => {},
): Promise<T> {
  for (let left = looks; ; left--) {
    try {
      return await look()
    } catch (error) {
      if (left <= 1 || !(error instanceof DamageError)) throw error
      await pause()
    }
  }
}
