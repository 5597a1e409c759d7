/**
 * One contender at one task, in a process of its own: `fork('child.mjs', [subject, task, file])` does the task once
 * for each message and replies with what it took. The subject `nothing` has no tasks: it measures Node alone.
 */
import { existsSync, readFileSync } from 'node:fs'

const STATUS = '/proc/self/status'
const [subject, task, path] = process.argv.slice(2)
const subjects = {
  nothing: async () => ({ tasks: { [task]: async () => 0 } }),
  plain: () => import('./plain.mjs'),
  ours: () => import('./ours.mjs'),
  theirs: () => import('./theirs.mjs'),
}

/** Of this program alone: the result of `getrusage` starts with the memory of the process that started it. */
function peakMb() {
  if (!existsSync(STATUS)) return process.resourceUsage().maxRSS / 1024
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(STATUS, 'utf8'))[1]) / 1024
}

const { tasks } = await subjects[subject]()
process.on('message', async () => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const items = await tasks[task](path)
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  process.send({ items, ms, cpuMs: (user + system) / 1000, peakMb: peakMb() })
})
