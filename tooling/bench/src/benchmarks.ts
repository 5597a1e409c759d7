import { catchUp } from './catch-up.ts'
import { client } from './client.ts'
import type { Benchmark } from './harness/benchmark.ts'

/** In the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [catchUp, client]
