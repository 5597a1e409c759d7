import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { HEADER_PAGE_BYTES } from '@datastreamer/format'
import type { CommitterQuestion } from './flood/committer.ts'
import type { HostAnswer, HostQuestion } from './flood/host.ts'
import type { BenchContext, Benchmark, Table } from './harness/benchmark.ts'
import { fileText, makeCatchUpFile } from './harness/catch-up-file.ts'
import { Counter, SAY_START } from './harness/counter.ts'
import { count, fixed } from './harness/format.ts'
import { BenchProcess } from './harness/process.ts'
import { alternate } from './harness/rounds.ts'
import { ratios, spread, summarize } from './harness/summary.ts'

/** What services do by default. */
const SCRUB_BYTES_PER_SECOND = 4 * 1024 * 1024
/** Passes over the file that are measured as one. */
const PASSES = 5
const COMMIT_MS = 1500

export const scrub: Benchmark = {
  name: 'scrub',
  title: 'What scrubbing costs',
  run,
}

async function run(context: BenchContext): Promise<readonly Table[]> {
  const counter = await Counter.compile(context.folder)
  await using off = await BenchProcess.start('../flood/host.ts')
  await using on = await BenchProcess.start('../flood/host.ts')
  await using committerOff = await BenchProcess.start('../flood/committer.ts')
  await using committerOn = await BenchProcess.start('../flood/committer.ts')
  const forMs = COMMIT_MS / (context.quick ? 10 : 1)

  const serve = async (name: string, host: BenchProcess, committer: BenchProcess, scrubBytesPerSecond: number) => {
    const folder = join(context.folder, name)
    await mkdir(folder)
    const made = await makeCatchUpFile({ ...context, folder })
    const question: HostQuestion = { file: made.file, scrubBytesPerSecond }
    const { port, sourcePort } = await host.ask<HostAnswer>(question)
    await committer.ask({ t: 'connect', port: sourcePort } satisfies CommitterQuestion)
    // Less than goes over the wire: entries lie in pages, which are padded.
    const bytes = Math.floor((made.bytes - HEADER_PAGE_BYTES) * 0.99)
    const catchUp = async (): Promise<number> =>
      (PASSES * bytes) / (await counter.seconds({ port, say: SAY_START, bytes }, PASSES)) / 1e9
    const commit = async (): Promise<number> => {
      const took = await committer.ask<number[]>({ t: 'commit', forMs } satisfies CommitterQuestion)
      return took.length / (forMs / 1000)
    }
    return { made, catchUp, commit }
  }
  const without = await serve('off', off, committerOff, 0)
  const beside = await serve('on', on, committerOn, SCRUB_BYTES_PER_SECOND)
  const read = await alternate({ off: without.catchUp, on: beside.catchUp }, context)
  const written = await alternate({ off: without.commit, on: beside.commit }, context)
  return [
    {
      title: `${fileText(without.made)}; scrubbing at 4 MiB a second, the default`,
      columns: ['scrubbing', 'catching up, GB/s', 'ratio', 'commits/s', 'ratio'],
      rows: [
        ['off', spread(summarize(read.off), fixed(2)), '', spread(summarize(written.off), count), ''],
        [
          'on',
          spread(summarize(read.on), fixed(2)),
          spread(ratios(read.on, read.off), fixed(2)),
          spread(summarize(written.on), count),
          spread(ratios(written.on, written.off), fixed(2)),
        ],
      ],
      note:
        `Two servers, a file each; the one that scrubs does so all the time. ${PASSES} passes over the file in each round, then ` +
        `${COMMIT_MS / 1000} seconds of commits of a source over its port, 10 entries and a bookmark, \`fsync: commit\`, each awaited ` +
        'before the next begins; ratios are taken within a round.',
    },
  ]
}
