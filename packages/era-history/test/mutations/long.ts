/**
 * Changes files and sidecars for as long as asked, and asks a history over them: `node
 * --conditions=@datastreamer/source test/mutations/long.ts [mutations = 100000] [seed = 1]`. Ends with status 1 at the first
 * wrong answer.
 */
import { allKinds, runKind } from './harness.ts'

const [total = '100000', seed = '1'] = process.argv.slice(2)
const kinds = await allKinds()
for (const kind of kinds) {
  const start = performance.now()
  const { mutations, right, refused, noticed } = await runKind(
    kind,
    Number(seed),
    Math.ceil(Number(total) / kinds.length),
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(
    `${kind.name}: ${mutations} mutations, ${right} right, ${refused} refused, ${noticed} noticed, ${seconds} s`,
  )
}
