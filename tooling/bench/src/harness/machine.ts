import { cpus, loadavg, platform, release, totalmem } from 'node:os'

/** Where and when something was measured. */
export function machineText(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = (totalmem() / 1024 ** 3).toFixed(0)
  const load = loadavg()[0]?.toFixed(1) ?? 'unknown'
  const day = new Date().toISOString().slice(0, 10)
  return (
    `${cpus().length} cores of ${model}, ${memory} GiB of memory, ${platform()} ${release()}, ` +
    `Node ${process.versions.node}, ${day}, load before the run ${load}`
  )
}
