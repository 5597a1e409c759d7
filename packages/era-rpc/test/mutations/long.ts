/**
 * Changes files and sidecars as often as asked, and asks what `serve` would be asked over each, in as many threads as there
 * are processors: `node --conditions=@datastreamer/source test/mutations/long.ts [mutants = 100000] [seed = 1] [shapes]`. Ends
 * with status 1 at the first wrong answer.
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SHAPES } from './files.ts'
import { kindsOf, newOutcome, type Outcome, runKind } from './harness.ts'

interface Part {
  readonly total: number
  readonly seed: number
  readonly shapes: typeof SHAPES
  /** Every `step`-th seed. */
  readonly step: number
}

interface Done {
  readonly name: string
  readonly outcome: Outcome
}

/** An `.e2hs` file has 8192 blocks: it takes as long as many of the others. */
const weightOf = (name: string): number => (name.startsWith('e2hs') ? 0.02 : 1)

if (isMainThread) await runAll()
else await runPart(workerData as Part)

async function runPart({ total, seed, shapes, step }: Part): Promise<void> {
  const kinds = await kindsOf(shapes)
  const weights = kinds.reduce((sum, { name }) => sum + weightOf(name), 0)
  for (const kind of kinds) {
    const count = Math.ceil((total * weightOf(kind.name)) / weights / step)
    const done: Done = { name: kind.name, outcome: await runKind(kind, { seed, count, step }) }
    parentPort?.postMessage(done)
  }
}

async function runAll(): Promise<void> {
  const [total = '100000', seed = '1', wanted] = process.argv.slice(2)
  const shapes = wanted === undefined ? SHAPES : SHAPES.filter((shape) => wanted.split(',').includes(shape))
  const step = availableParallelism()
  const start = performance.now()
  const byName = new Map<string, Outcome[]>()
  const report = (name: string, outcomes: readonly Outcome[]): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0)
    console.log(`${name}: ${textOf(outcomes)}; after ${seconds} s`)
  }
  const parts = Array.from({ length: step }, async (_, i) => {
    const part: Part = { total: Number(total), seed: Number(seed) + i, shapes: shapes as typeof SHAPES, step }
    const worker = new Worker(new URL(import.meta.url), { workerData: part })
    worker.on('message', ({ name, outcome }: Done) => {
      const outcomes = [...(byName.get(name) ?? []), outcome]
      byName.set(name, outcomes)
      if (outcomes.length === step) report(name, outcomes)
    })
    await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  })
  await Promise.all(parts)
  report('all', [...byName.values()].flat())
}

function textOf(outcomes: readonly Outcome[]): string {
  const sum = newOutcome()
  for (const outcome of outcomes) {
    for (const [name, value] of Object.entries(outcome)) sum[name as keyof Outcome] += value
  }
  return Object.entries(sum)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}
