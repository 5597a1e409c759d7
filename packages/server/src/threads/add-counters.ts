import type { ServerCounters } from '../tcp/server-status.ts'

type Counts = Readonly<Partial<Record<string | number, number>>>

/** What several hosts of one server have counted. */
export function addCounters(each: readonly ServerCounters[]): ServerCounters {
  const sum = (of: (counters: ServerCounters) => number): number => each.reduce((total, one) => total + of(one), 0)
  return {
    accepted: sum(({ accepted }) => accepted),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    compression: {
      runs: sum(({ compression }) => compression.runs),
      bytesBefore: sum(({ compression }) => compression.bytesBefore),
      bytesSent: sum(({ compression }) => compression.bytesSent),
    },
    rejected: addCounts(each.map(({ rejected }) => rejected)),
    closed: addCounts(each.map(({ closed }) => closed)),
    refused: addCounts(each.map(({ refused }) => refused)),
  }
}

function addCounts<C extends Counts>(each: readonly C[]): C {
  const total: Partial<Record<string, number>> = {}
  for (const counts of each) {
    for (const [key, count = 0] of Object.entries(counts)) total[key] = (total[key] ?? 0) + count
  }
  return total as C
}
