/**
 * Mutates every kind of file for as long as asked: `node test/mutations/long.ts [mutations = 100000] [seed = 1]`.
 * Ends with status 1 at the first mutation that is neither rejected with a typed error nor harmless, or that hangs.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Kind } from './harness.ts'
import { runKind } from './harness.ts'
import { allKinds } from './kinds.ts'

/** Seconds without a sign of life after which a mutation counts as a hang. */
const HANG_SECONDS = 30

interface Job {
  readonly name: string
  readonly seed: number
  readonly count: number
}

function share(kinds: readonly Kind[], total: number, seed: number): Job[] {
  const weights = kinds.reduce((sum, { weight = 1 }) => sum + weight, 0)
  return kinds.map(({ name, weight = 1 }) => ({ name, seed, count: Math.ceil((total * weight) / weights) }))
}

/** Run one job in a thread of its own, so that an endless loop can be seen and ended. */
async function runJob(job: Job): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  let last: { readonly at: number; readonly i: number } = { at: performance.now(), i: -1 }
  const watch = setInterval(() => {
    if (performance.now() - last.at < HANG_SECONDS * 1000) return
    console.error(`${job.name}, seed ${job.seed + last.i}: hangs`)
    process.exit(1)
  }, 1000)
  worker.on('message', (message: number | string) => {
    if (typeof message === 'number') last = { at: performance.now(), i: message }
    else console.log(message)
  })
  await once(worker, 'exit').finally(() => clearInterval(watch))
}

async function runHere(job: Job): Promise<void> {
  const kind = (await allKinds()).find(({ name }) => name === job.name)
  if (!kind) throw new Error(`no kind ${job.name}`)
  const onMutation = (i: number): void => {
    if (i % 50 === 0) parentPort?.postMessage(i)
  }
  const { rejected, unharmed, codes, slowestMs } = await runKind(kind, { ...job, onMutation })
  const found = Array.from(codes, ([code, n]) => `${code} ${n}`).join(', ')
  parentPort?.postMessage(
    `${job.name}: ${rejected} rejected, ${unharmed} harmless, slowest ${slowestMs.toFixed(0)} ms (${found})`,
  )
}

if (isMainThread) {
  const [total = '100000', seed = '1'] = process.argv.slice(2)
  for (const job of share(await allKinds(), Number(total), Number(seed))) await runJob(job)
} else {
  await runHere(workerData as Job)
}
