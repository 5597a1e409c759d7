import { resolve } from 'node:path'
import type { Benchmark } from './benchmark.ts'

/** What a run of the benchmarks was asked for. */
export interface Selection {
  readonly benchmarks: readonly Benchmark[]
  readonly write: boolean
  readonly quick: boolean
  readonly rounds: number
  /** Whether processes compute beside it all the time. */
  readonly busy: boolean
  /** Folder of another checkout, built. */
  readonly against: string | undefined
}

const USAGE = `pnpm bench --filter=@datastreamer/bench [-- NAME...] [--rounds N] [--quick] [--write]

  NAME        benchmarks to run (default: all); also as BENCH="NAME NAME"
  --rounds N  how often each thing is measured (default 9)
  --quick     small sizes and two rounds: to see that it works
  --busy      beside processes that compute all the time, one for each processor
  --write     put what was measured into docs/benchmarks*.md
  --against DIR  measure another checkout, where \`pnpm build\` was run, in the same rounds (benchmark \`against\`)
`

/**
 * Read the arguments. A name that none of the benchmarks has selects none: it may be one of another package.
 *
 * @throws {Error} for a flag that does not exist or does not fit
 */
export function select(all: readonly Benchmark[], args: readonly string[], variable: string | undefined): Selection {
  const names = variable?.split(/\s+/).filter(Boolean) ?? []
  let [write, quick, busy, rounds] = [false, false, false, 0]
  let against: string | undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    if (arg === '--write') write = true
    else if (arg === '--quick') quick = true
    else if (arg === '--busy') busy = true
    else if (arg === '--rounds') rounds = Number(args[++i])
    else if (arg === '--against') against = resolve(args[++i] ?? '')
    else if (arg.startsWith('-') && arg !== '--') throw new Error(`no flag ${arg}\n\n${USAGE}`)
    else if (arg !== '--') names.push(arg)
  }
  if (!Number.isInteger(rounds) || rounds < 0) throw new Error(`--rounds expects a number\n\n${USAGE}`)
  if (quick && write) throw new Error('--quick measures nothing that could be written')
  const possible = all.filter(({ needsAgainst = false }) => !needsAgainst || against !== undefined)
  const benchmarks = names.length === 0 ? possible : possible.filter(({ name }) => names.includes(name))
  return { benchmarks, write, quick, rounds: rounds || (quick ? 2 : 9), busy, against }
}
