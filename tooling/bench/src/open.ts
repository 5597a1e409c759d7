import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { bookmarkFolder } from '@datastreamer/store'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { count, duration, mebibytes } from './harness/format.ts'
import { askOnce } from './harness/process.ts'
import type { QuietGate } from './harness/quiet-gate.ts'
import { fillStream } from './harness/stream-file.ts'
import { type Summary, spread, summarize } from './harness/summary.ts'
import type { OpenAnswer, OpenQuestion } from './processes/open.ts'

const SIZES = [1, 4, 10]
const GIB = 1024 ** 3
/** Opening without an index reads all of the file, so that it is not done in every round. */
const SCANS = 3

export const open: Benchmark = {
  name: 'open',
  title: 'Opening a large file and finding things in it',
  run,
}

interface Case {
  readonly text: string
  readonly as: OpenQuestion['as']
  readonly index: boolean
}

const CASES: readonly Case[] = [
  { text: 'to write, index present', as: 'store', index: true },
  { text: 'to read, index present', as: 'reader', index: true },
  { text: 'to read, no index', as: 'reader', index: false },
]

async function run({ folder, quick, rounds, gate, log }: BenchContext): Promise<readonly Table[]> {
  const file = join(folder, 'data-stream.bin')
  const unit = quick ? GIB / 100 : GIB
  const opened: string[][] = []
  const found: string[][] = []
  for (const size of SIZES) {
    const { entries, bytes } = await fillStream(file, (totals) => totals.bytes >= size * unit)
    log(`${mebibytes(bytes)}, ${count(entries)} entries`)
    for (const { text, as, index } of CASES) {
      const answers = await answersOf({ file, as }, index, index ? rounds : Math.min(rounds, SCANS), gate)
      const of = (value: (answer: OpenAnswer) => number): Summary => summarize(answers.map(value))
      const about = [`${(bytes / GIB).toFixed(1)} GiB, ${count(entries)} entries`, text]
      opened.push([
        ...about,
        spread(
          of((answer) => answer.open),
          duration,
        ),
        mebibytes(of(({ peakMemory }) => peakMemory).max),
      ])
      const times = (['firstEntry', 'entry', 'firstBookmark', 'bookmark'] as const).map((name) =>
        spread(
          of((answer) => answer[name]),
          duration,
        ),
      )
      found.push([...about, ...times])
    }
  }
  return [
    { title: 'Opening', columns: ['file', 'how', 'time', 'peak memory'], rows: opened },
    {
      title: 'Finding an entry by its number, and a bookmark, anywhere in the file',
      columns: ['file', 'how', 'first entry', 'an entry', 'first bookmark', 'a bookmark'],
      rows: found,
      note: 'Each in a process of its own, the file in the page cache as far as the system kept it. First: the first look-up after opening; then the median of 1,000.',
    },
  ]
}

async function answersOf(
  question: OpenQuestion,
  index: boolean,
  rounds: number,
  gate: QuietGate,
): Promise<readonly OpenAnswer[]> {
  const folder = bookmarkFolder(question.file)
  const away = `${folder}.away`
  if (!index) await rename(folder, away)
  const answers: OpenAnswer[] = []
  for (let round = 0; round < rounds; round++) {
    await gate.wait()
    answers.push(await askOnce<OpenAnswer>('open.ts', question))
  }
  if (!index) await rename(away, folder)
  return answers
}
