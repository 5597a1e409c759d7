import { Counter, Gauge, type Registry } from 'prom-client'

/** A value that is looked up when it is asked for; `undefined` shows none. */
export function gauge(registry: Registry, name: string, help: string, read: () => number | undefined): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read()
      if (value === undefined) this.remove()
      else this.set(value)
    },
  })
}

/** A counter that something else counts. */
export function total(registry: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  new Counter({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await read()
      this.reset()
      this.inc(value)
    },
  })
}

type Counts = Readonly<Partial<Record<string, number>>>

/**
 * Counters that something else counts, one for each value of a label. Those of `known` are there from the start: Prometheus
 * takes the first value of a counter that appears later for where it began.
 */
export function totals(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Counts | Promise<Counts>,
  known: readonly string[] = [],
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    async collect() {
      const counts = await read()
      this.reset()
      for (const value of known) this.inc({ [label]: value }, 0)
      for (const [value, count = 0] of Object.entries(counts)) this.inc({ [label]: value }, count)
    },
  })
}
