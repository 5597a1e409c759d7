import { tempDir } from '@datastreamer/fixtures'
import { BENCHMARKS } from './benchmarks.ts'
import { writeSection } from './harness/document.ts'
import { machineText } from './harness/machine.ts'
import { QuietGate } from './harness/quiet-gate.ts'
import { select } from './harness/select.ts'
import { tableText } from './harness/table.ts'

/** Longest wait for a quiet machine before each measurement. */
const LONGEST_WAIT_MS = 5000

const { benchmarks, write, quick, rounds, against } = select(BENCHMARKS, process.argv.slice(2), process.env.BENCH)
if (benchmarks.length === 0) console.log(`benchmarks here: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
for (const { name, title, document, run } of benchmarks) {
  const machine = machineText()
  console.log(`\n# ${title}\n`)
  using folder = tempDir()
  const log = (text: string): void => console.error(`${name}: ${text}`)
  const gate = new QuietGate(quick ? 0 : LONGEST_WAIT_MS)
  const tables = await run({ folder: folder.path, quick, rounds, against, gate, log })
  const text = [
    ...tables.map(tableText),
    `Measured on ${machine}${gate.asked ? `; ${rounds} rounds unless said otherwise; ${gate.text}` : ''}.`,
  ].join('\n\n')
  console.log(text)
  if (write) writeSection(name, text, document)
}
