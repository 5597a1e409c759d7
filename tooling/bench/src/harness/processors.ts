import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Gives a server the first half of the processors; ends when it is disposed of. */
export interface Apart extends Disposable {
  /** Whether that could be done: it takes Linux and two processors. */
  readonly isApart: boolean
}

/** A process, known by its id. */
interface Running {
  readonly pid: number
}

/**
 * Give a server the first half of the processors, and this process and its clients the second, with all that it starts from
 * then on, as if they were on two machines; else the system puts them on one at times, where they wait for each other.
 */
export function keepApart(server: Running, clients: readonly Running[] = []): Apart {
  const all = availableParallelism()
  const half = Math.floor(all / 2)
  const isApart =
    half > 0 &&
    bind(server.pid, `0-${half - 1}`) &&
    [process, ...clients].every(({ pid }) => bind(pid, `${half}-${all - 1}`))
  return {
    isApart,
    [Symbol.dispose]: () => {
      if (isApart) bind(process.pid, `0-${all - 1}`)
    },
  }
}

function bind(pid: number, processors: string): boolean {
  return spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', processors, String(pid)]).status === 0
}
