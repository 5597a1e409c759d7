import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A process, known by its id. */
interface Running {
  readonly pid: number
}

/**
 * Give a server the first half of the processors and its clients the second, as if they were on two machines; else the
 * system puts them on one at times, where they wait for each other.
 *
 * @returns whether that could be done: it takes Linux and two processors
 */
export async function keepApart(server: Running, clients: readonly Running[]): Promise<boolean> {
  const all = availableParallelism()
  const half = Math.floor(all / 2)
  if (half === 0) return false
  try {
    await bind(server, `0-${half - 1}`)
    for (const client of clients) await bind(client, `${half}-${all - 1}`)
    return true
  } catch {
    return false
  }
}

async function bind({ pid }: Running, processors: string): Promise<void> {
  await run('taskset', ['--all-tasks', '--pid', '--cpu-list', processors, String(pid)])
}
