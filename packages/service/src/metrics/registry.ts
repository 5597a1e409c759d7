import { collectDefaultMetrics, Registry } from 'prom-client'

/** A registry with what is to be known of any Node process: memory, CPU time, event loop delay, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}
