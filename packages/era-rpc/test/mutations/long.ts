/**
 * Changes files and sidecars as often as asked, and asks what `serve` would be asked over each: `node
 * --conditions=@datastreamer/source test/mutations/long.ts [mutants = 100000] [seed = 1] [shapes]`. Ends with status 1 at the
 * first wrong answer.
 */
import { SHAPES } from './files.ts'
import { kindsOf, newOutcome, runKind } from './harness.ts'

const [total = '100000', seed = '1', wanted] = process.argv.slice(2)
const shapes = wanted === undefined ? SHAPES : SHAPES.filter((shape) => wanted.split(',').includes(shape))
/** An `.e2hs` file has 8192 blocks: it takes as long as many of the others. */
const weightOf = (name: string): number => (name.startsWith('e2hs') ? 0.02 : 1)
const kinds = await kindsOf(shapes)
const weights = kinds.reduce((sum, { name }) => sum + weightOf(name), 0)
const all = newOutcome()
for (const kind of kinds) {
  const start = performance.now()
  const count = Math.ceil((Number(total) * weightOf(kind.name)) / weights)
  const outcome = await runKind(kind, Number(seed), count)
  for (const [name, value] of Object.entries(outcome)) all[name as keyof typeof all] += value
  console.log(`${kind.name}: ${textOf(outcome)}, ${((performance.now() - start) / 1000).toFixed(0)} s`)
}
console.log(`all: ${textOf(all)}`)

function textOf(outcome: object): string {
  return Object.entries(outcome)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}
