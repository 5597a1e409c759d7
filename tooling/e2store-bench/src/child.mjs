/** One measurement in a process of its own: `node child.mjs <subject> <task> <file>` prints a line of JSON. */
const [subject, task, path] = process.argv.slice(2)
const subjects = {
  plain: () => import('./plain.mjs'),
  ours: () => import('./ours.mjs'),
  theirs: () => import('./theirs.mjs'),
}
const { tasks } = await subjects[subject]()
const before = process.resourceUsage().maxRSS
const cpu = process.cpuUsage()
const start = performance.now()
const items = await tasks[task](path)
const ms = performance.now() - start
const { user, system } = process.cpuUsage(cpu)
const peakMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ items, ms, cpuMs: (user + system) / 1000, peakMb, beforeMb: before / 1024 }))
