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
export function total(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

/**
 * Counters that something else counts, one for each value of a label. Those of `known` are there from the start: Prometheus
 * takes the first value of a counter that appears later for where it began.
 */
export function totals(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Readonly<Partial<Record<string, number>>>,
  known: readonly string[] = [],
): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset()
      for (const value of known) this.inc({ [label]: value }, 0)
      for (const [value, count = 0] of Object.entries(read())) this.inc({ [label]: value }, count)
    },
  })
}
