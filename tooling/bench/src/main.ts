import { tempDir } from '@datastreamer/fixtures'
import { BENCHMARKS } from './benchmarks.ts'
import { writeSection } from './harness/document.ts'
import { machineText } from './harness/machine.ts'
import { select } from './harness/select.ts'
import { tableText } from './harness/table.ts'

const { benchmarks, write, quick, rounds } = select(BENCHMARKS, process.argv.slice(2), process.env.BENCH)
if (benchmarks.length === 0) console.log(`benchmarks here: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
for (const { name, title, run } of benchmarks) {
  const machine = machineText()
  console.log(`\n# ${title}\n`)
  using folder = tempDir()
  const log = (text: string): void => console.error(`${name}: ${text}`)
  const tables = await run({ folder: folder.path, quick, rounds, log })
  const text = [...tables.map(tableText), `Measured on ${machine}; ${rounds} rounds unless said otherwise.`].join(
    '\n\n',
  )
  console.log(text)
  if (write) writeSection(name, text)
}
