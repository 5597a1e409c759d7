/** Writes operations to a stream that is made for it. */
import { randomFillSync } from 'node:crypto'
import { tempDir } from '@datastreamer/fixtures'
import { type Fsync, openStore, type StreamStore } from '@datastreamer/store'
import { answerQuestions } from '../harness/process.ts'
import { bookmarkOf, DATA_BYTES, TURN_OPERATIONS, turn } from '../harness/stream-file.ts'
import type { Work } from '../harness/work.ts'

export interface WriteQuestion extends Work {
  readonly fsync: Fsync
}

export interface WriteAnswer {
  /** Until the last commit was done. */
  readonly seconds: number
  /** And until the store was closed: the index written and all durable. */
  readonly closedSeconds: number
  /** CPU time of all threads until the last commit was done. */
  readonly cpuMs: number
  readonly commits: number
  /** How many times commits were written together. */
  readonly groups: number
  /** Highest resident memory, in bytes. */
  readonly peakMemory: number
}

const WARM_UP_OPERATIONS = 5000

answerQuestions(async (question: WriteQuestion): Promise<WriteAnswer> => {
  await write({ ...question, operations: WARM_UP_OPERATIONS, fsync: 'never' })
  return await write(question)
})

async function write({ fsync, ...work }: WriteQuestion): Promise<WriteAnswer> {
  using folder = tempDir()
  await using store = await openStore({ file: folder.join('data-stream.bin'), fsync })
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  await commitAll(store, work)
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - start) / 1000
  const { commits, groups } = store.stats
  await store.close()
  const closedSeconds = (performance.now() - start) / 1000
  const peakMemory = process.resourceUsage().maxRSS * 1024
  return { seconds, closedSeconds, cpuMs: (user + system) / 1000, commits, groups, peakMemory }
}

async function commitAll(store: StreamStore, { operations, entries, bookmark, awaitEvery }: Work): Promise<void> {
  const data = randomFillSync(new Uint8Array(DATA_BYTES))
  let commit: Promise<unknown> = Promise.resolve()
  for (let operation = 1; operation <= operations; operation++) {
    store.startAtomicOp()
    if (bookmark) store.addStreamBookmark(bookmarkOf(operation))
    for (let i = 0; i < entries; i++) store.addStreamEntry(1, data)
    commit = store.commitAtomicOp()
    if (awaitEvery !== undefined && operation % awaitEvery === 0) await commit
    if (awaitEvery === undefined && operation % TURN_OPERATIONS === 0) {
      await store.writable()
      await turn()
    }
  }
  await commit
}
