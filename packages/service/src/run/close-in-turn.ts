import { type Clock, sleep } from '@datastreamer/runtime'

/** What a service has to close. */
export interface ClosingParts {
  /** Whoever writes: finishes what is under way, which a disk may make long. */
  writers(graceMs: number): Promise<unknown>
  /** Whoever serves clients: lets them take what was written to them for at most `graceMs`. */
  clients(graceMs: number): Promise<unknown>
  /** Closed last, when nobody uses it any more. */
  file(): Promise<void>
}

/**
 * Close what writes, then what serves, then the file. Writers that a disk holds up have half of the time before clients are
 * ended in order too; the file waits for all.
 */
export async function closeInTurn(
  { writers, clients, file }: ClosingParts,
  graceMs: number,
  clock: Clock,
): Promise<void> {
  const end = clock.now() + graceMs
  try {
    const written = writers(graceMs / 2)
    await Promise.race([written, sleep(clock, graceMs / 2, { ref: false })])
    await clients(Math.max(0, end - clock.now()))
    await written
  } finally {
    await file()
  }
}
