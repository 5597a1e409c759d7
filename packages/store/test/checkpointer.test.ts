import { ManualClock, turns } from '@datastreamer/runtime/testing'
import { describe, expect, test } from 'vitest'
import { CommitLog } from '../src/commit-log/commit-log.ts'
import type { CommitPoint } from '../src/log/commit-point.ts'
import { Checkpointer, type Fsync } from '../src/write/checkpointer.ts'
import type { LogWriter } from '../src/write/log-writer.ts'
import { StateOfStore } from '../src/write/store-state.ts'
import { standstill } from './gated-disk.ts'
import { randomFrom } from './sim/random.ts'
import { SimDisk } from './sim/sim-disk.ts'
import { SimIndex } from './sim/sim-index.ts'

const PATH = '/log.commits'
const EVERY_BYTES = 1000
const INTERVAL_MS = 50

/** A checkpointer of a log whose end a test controls. */
async function checkpointed(fsync: Fsync = 'never') {
  const clock = new ManualClock()
  const disk = new SimDisk(randomFrom(1))
  const commitLog = await CommitLog.open(disk, PATH, 'create')
  const steps: string[] = []
  const hooks = { sync: async (): Promise<void> => {} }
  const index = Object.assign(new SimIndex(), {
    flush: async ({ sync }: { readonly sync: boolean }) => void steps.push(sync ? 'index synced' : 'index flushed'),
  })
  const writer = {
    syncAll: async () => {
      steps.push('log synced')
      await hooks.sync()
    },
  } as LogWriter
  const errors: Error[] = []
  const log = { end: { totalLength: 4096, totalEntries: 0n } as CommitPoint }
  const state = new StateOfStore(clock)
  const checkpointer = new Checkpointer({
    fsync,
    intervalMs: INTERVAL_MS,
    everyBytes: EVERY_BYTES,
    writer,
    commitLog,
    index,
    bootId: 'b',
    state,
    clock,
    committed: () => log.end,
    onError: (error) => errors.push(error),
  })
  const commit = (bytes: number): void => {
    log.end = { totalLength: log.end.totalLength + bytes, totalEntries: log.end.totalEntries + 1n }
    checkpointer.afterCommit()
  }
  /** Wait for what runs in the background. */
  const settle = (): Promise<void> => checkpointer.stop()
  return { checkpointer, clock, commitLog, disk, steps, hooks, errors, log, state, commit, settle }
}

test('a checkpoint covers what was synced before it, and nothing else', async () => {
  for (const fsync of ['commit', 'interval', 'never'] as const) {
    const { checkpointer, commitLog, steps, log, disk } = await checkpointed(fsync)
    log.end = { totalLength: 5000, totalEntries: 7n }
    await checkpointer.write({ open: true })
    expect(steps).toEqual(['index synced', 'log synced'])
    const content = { ...log.end, indexedEntries: 7n, everyCommitDurable: fsync === 'commit', bootId: 'b' }
    expect(commitLog.checkpoint).toMatchObject({ ...content, open: true, truncating: false, truncationChecksum: 0 })
    const truncation = { point: { totalLength: 4500, totalEntries: 3n }, checksum: 77 }
    await checkpointer.write({ open: false, truncation })
    const said = { ...truncation.point, indexedEntries: 3n, open: false, truncating: true, truncationChecksum: 77 }
    expect((await CommitLog.open(disk, PATH, 'read')).checkpoint).toMatchObject(said)
    await checkpointer.stop()
  }
})

test('a checkpoint that cannot be written is reported, and one whose syncs fail is not written', async () => {
  const { checkpointer, commitLog, disk, hooks } = await checkpointed()
  disk.failAt(disk.calls + 1, 'EIO')
  await expect(checkpointer.write({ open: true })).rejects.toMatchObject({
    code: 'WRITE_FAILED',
    cause: { code: 'EIO' },
  })
  hooks.sync = () => Promise.reject(new Error('no sync'))
  await expect(checkpointer.write({ open: true })).rejects.toThrow('no sync')
  expect(commitLog.checkpoint).toBeUndefined()
})

describe('in the background', () => {
  test('a checkpoint is written each time after a number of bytes', async () => {
    const { commitLog, commit, settle, log } = await checkpointed()
    for (let round = 1; round <= 3; round++) {
      commit(EVERY_BYTES - 1)
      await settle()
      expect(commitLog.checkpoint?.sequence ?? 0).toBe(round - 1)
      commit(1)
      await settle()
      expect(commitLog.checkpoint).toMatchObject({ ...log.end, sequence: round, open: true })
    }
  })

  test('one at a time, and none for a broken store', async () => {
    const { commitLog, commit, settle, steps, hooks, state } = await checkpointed()
    const held = standstill()
    hooks.sync = () => held.promise
    commit(EVERY_BYTES)
    commit(EVERY_BYTES)
    let isStopped = false
    const stopped = settle().then(() => {
      isStopped = true
    })
    await expect.poll(() => steps.includes('log synced'), { interval: 1 }).toBe(true)
    expect(isStopped).toBe(false)
    held.resolve()
    await stopped
    expect(steps).toEqual(['index synced', 'log synced'])
    expect(commitLog.checkpoint?.sequence).toBe(1)
    state.break(new Error('simulated'))
    commit(2 * EVERY_BYTES)
    await settle()
    expect(steps).toHaveLength(2)
  })

  test('none is started during exclusive work, which waits for the one under way', async () => {
    const { checkpointer, commit, settle, steps, hooks } = await checkpointed()
    const held = standstill()
    hooks.sync = () => held.promise
    commit(EVERY_BYTES)
    const alone = checkpointer.alone(async () => {
      steps.push('alone')
      commit(2 * EVERY_BYTES)
      await settle()
      steps.push('done')
      throw new Error('failed')
    })
    held.resolve()
    await expect(alone).rejects.toThrow('failed')
    expect(steps).toEqual(['index synced', 'log synced', 'alone', 'done'])
    commit(1)
    await settle()
    expect(steps).toHaveLength(6)
  })

  test('a failure is reported, and the next one is attempted', async () => {
    const { commitLog, commit, settle, errors, hooks } = await checkpointed()
    const failures: unknown[] = [new Error('no sync'), 'said so']
    hooks.sync = async () => {
      if (failures.length > 0) throw failures.shift()
    }
    for (let i = 0; i < 3; i++) {
      commit(EVERY_BYTES)
      await settle()
    }
    expect(errors.map(({ message }) => message)).toEqual(['no sync', 'said so'])
    expect(errors.every((error) => error instanceof Error)).toBe(true)
    expect(commitLog.checkpoint?.totalEntries).toBe(3n)
  })
})

describe('at an interval', () => {
  test('what was committed since is made durable, until it is stopped', async () => {
    const { checkpointer, clock, steps, commit } = await checkpointed('interval')
    const pass = async (periods: number): Promise<void> => {
      for (let i = 0; i < periods; i++) {
        clock.advance(INTERVAL_MS)
        await turns()
      }
    }
    await pass(3)
    expect(steps).toEqual([])
    commit(1)
    await pass(3)
    expect(steps).toHaveLength(2)
    commit(1)
    await pass(1)
    expect(steps).toHaveLength(4)
    await checkpointer.stop()
    commit(1)
    await pass(3)
    expect(steps).toHaveLength(4)
  })

  test.each(['commit', 'never'] as const)('nothing is made durable with fsync %s', async (fsync) => {
    const { clock, steps, commit } = await checkpointed(fsync)
    commit(1)
    clock.advance(100 * INTERVAL_MS)
    await turns()
    expect(steps).toEqual([])
  })
})
