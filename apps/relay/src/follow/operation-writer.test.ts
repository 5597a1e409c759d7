import { InternalError } from '@datastreamer/format'
import type { StreamStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { OperationWriter } from './operation-writer.ts'

/** A store whose commits settle when the test says so. */
class HeldStore {
  readonly nextEntry = 0n
  next = 0n
  readonly commits: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  rolledBack = 0

  startAtomicOp(): void {}

  addStreamEntry(): bigint {
    return this.next++
  }

  commitAtomicOp(): Promise<void> {
    return new Promise((resolve, reject) => this.commits.push({ resolve, reject }))
  }

  rollbackAtomicOp(): void {
    this.rolledBack++
  }

  async writable(): Promise<void> {}
}

const entry = (number: bigint): { type: number; number: bigint; data: Uint8Array } => ({
  type: 1,
  number,
  data: new Uint8Array(1),
})

function start(commits: number): { store: HeldStore; writer: OperationWriter } {
  const store = new HeldStore()
  const writer = new OperationWriter(store as unknown as StreamStore, () => {})
  for (let i = 0; i < commits; i++) {
    writer.add([entry(BigInt(i))])
    writer.commit()
  }
  return { store, writer }
}

/** Whether a promise has settled once everything that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  const done = (): void => {
    settled = true
  }
  promise.then(done, done)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

test('is ready while fewer than 1024 commits wait for the disk, and again when one of them is done', async () => {
  const { store, writer } = start(1023)
  expect(await isSettled(writer.ready())).toBe(true)
  writer.add([entry(1023n)])
  writer.commit()
  const ready = writer.ready()
  expect(await isSettled(ready)).toBe(false)
  store.commits[0]?.resolve()
  await ready
})

test('rolls back what is open at the end, and waits for every commit', async () => {
  const { store, writer } = start(2)
  writer.add([entry(2n)])
  const finished = writer.finish()
  expect([store.rolledBack, writer.isOpen]).toEqual([1, false])
  store.commits[0]?.resolve()
  expect(await isSettled(finished)).toBe(false)
  store.commits[1]?.resolve()
  await finished
})

test('a commit that failed ends it, once no other is under way', async () => {
  const { store, writer } = start(2)
  const finished = writer.finish()
  store.commits[0]?.reject(new Error('disk'))
  expect(await isSettled(finished)).toBe(false)
  store.commits[1]?.reject(new Error('follows'))
  await expect(finished).rejects.toThrow('disk')
  await expect(writer.ready()).rejects.toThrow('disk')
  expect(() => writer.add([entry(2n)])).toThrow('disk')
})

test('an entry that would get another number is not written', () => {
  const { store, writer } = start(0)
  store.next = 5n
  expect(() => writer.add([entry(0n)])).toThrow('entry 0 would get number 5')
})

test('an operation without entries is none', () => {
  const { store, writer } = start(0)
  writer.add([])
  writer.commit()
  expect([store.commits.length, writer.isOpen]).toEqual([0, false])
})

test('entries that do not follow one another are a defect of ours, and are not written', () => {
  for (const wrong of [entry(0n), entry(2n)]) {
    const store = new HeldStore()
    const writer = new OperationWriter(store as unknown as StreamStore, () => {})
    writer.add([entry(0n)])
    expect(() => writer.add([wrong])).toThrow(InternalError)
    expect(store.next).toBe(1n)
  }
})
