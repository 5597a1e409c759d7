import { tempDir } from '@datastreamer/fixtures'
import { BENCHMARKS } from './benchmarks.ts'
import { BusyProcessors } from './harness/busy-processors.ts'
import { writeSection } from './harness/document.ts'
import { machineText } from './harness/machine.ts'
import { QuietGate } from './harness/quiet-gate.ts'
import { select } from './harness/select.ts'
import { tableText } from './harness/table.ts'

/** Longest wait for a quiet machine before each measurement. */
const LONGEST_WAIT_MS = 5000

const { benchmarks, write, quick, rounds, busy, against } = select(BENCHMARKS, process.argv.slice(2), process.env.BENCH)
if (benchmarks.length === 0) console.log(`benchmarks here: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
for (const { name, title, document, run } of benchmarks) {
  const machine = machineText()
  console.log(`\n# ${title}\n`)
  using folder = tempDir()
  using load = busy ? new BusyProcessors() : undefined
  const log = (text: string): void => console.error(`${name}: ${text}`)
  const gate = new QuietGate(quick || busy ? 0 : LONGEST_WAIT_MS)
  const tables = await run({ folder: folder.path, quick, rounds, against, gate, log })
  const conditions = [
    `Measured on ${machine}`,
    ...(gate.asked ? [`${rounds} rounds unless said otherwise`] : []),
    ...(gate.asked && !busy ? [gate.text] : []),
    ...(load === undefined ? [] : [`beside ${load.count} processes that compute all the time`]),
  ]
  const text = [...tables.map(tableText), `${conditions.join('; ')}.`].join('\n\n')
  console.log(text)
  if (write) writeSection(busy ? `${name}-busy` : name, text, document)
}
