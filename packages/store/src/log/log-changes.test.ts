import { expect, test } from 'vitest'
import { standstill } from '../../test/gated-disk.ts'
import { LogChanges } from './log-changes.ts'
import { Truncations } from './truncations.ts'

/** A read that ends when the test says so, and the number of times that it began. */
function heldRead() {
  const held: { readonly resolve: (value: string) => void; readonly reject: (error: Error) => void }[] = []
  const read = () => new Promise<string>((resolve, reject) => void held.push({ resolve, reject }))
  const begun = async (reads: number) => {
    await expect.poll(() => held.length, { interval: 1 }).toBe(reads)
    return held.at(-1) as (typeof held)[number]
  }
  return { read, begun, held }
}

const isThere = (): boolean => true

test('every change of committed bytes makes a new epoch, one in place makes two', async () => {
  const changes = new LogChanges(new Truncations())
  const epochs = [changes.epoch]
  changes.truncated(1)
  epochs.push(changes.epoch)
  await changes.change(async () => void epochs.push(changes.epoch))
  epochs.push(changes.epoch)
  expect(epochs).toEqual([...epochs].sort((a, b) => a - b))
  expect(new Set(epochs).size).toBe(4)
})

test('what was read while nothing changed is returned', async () => {
  const changes = new LogChanges(new Truncations())
  expect(await changes.readSteadily(0, isThere, async () => 'value')).toBe('value')
  expect(
    await changes.readSteadily(
      0,
      () => false,
      async () => 'value',
    ),
  ).toBeUndefined()
  const failed = changes.readSteadily(0, isThere, () => Promise.reject(new Error('damage')))
  await expect(failed).rejects.toThrow('damage')
})

test('what was read during a change in place is read again when that is done', async () => {
  const changes = new LogChanges(new Truncations())
  const { read, begun, held } = heldRead()
  const found = changes.readSteadily(0, isThere, read)
  const first = await begun(1)
  let end = (): void => {}
  const changed = changes.change(
    () =>
      new Promise((resolve) => {
        end = resolve
      }),
  )
  first.reject(new Error('half of it'))
  for (let turns = 0; turns < 20; turns++) await null
  expect(held).toHaveLength(1)
  end()
  await changed
  const second = await begun(2)
  second.resolve('value')
  expect(await found).toBe('value')
})

test('a change that fails is reported, and waiting reads go on', async () => {
  const changes = new LogChanges(new Truncations())
  const changed = changes.change(() => Promise.reject(new Error('simulated')))
  const found = changes.readSteadily(0, isThere, async () => 'value')
  await expect(changed).rejects.toThrow('simulated')
  expect(await found).toBe('value')
})

test('an entry that is truncated during the read is not found, one before the truncation is', async () => {
  for (const [number, ends, value] of [
    [4, [5], 'value'],
    [5, [5], undefined],
    [6, [5], undefined],
    [6, [5, 9], undefined],
    [6, [9, 5], undefined],
  ] as const) {
    const changes = new LogChanges(new Truncations())
    const { read, begun, held } = heldRead()
    const found = changes.readSteadily(number, isThere, read)
    const first = await begun(1)
    for (const end of ends) changes.truncated(end)
    first.resolve('old')
    if (value !== undefined) (await begun(2)).resolve(value)
    expect(await found).toBe(value)
    expect(held).toHaveLength(value === undefined ? 1 : 2)
  }
})

test('a truncation before a read does not affect it', async () => {
  const changes = new LogChanges(new Truncations())
  changes.truncated(0)
  expect(await changes.readSteadily(5, isThere, async () => 'value')).toBe('value')
})

test('refuses to change bytes while others are being changed', async () => {
  const changes = new LogChanges(new Truncations())
  const written = standstill()
  const first = changes.change(() => written.promise)
  const works: string[] = []
  const second = changes.change(async () => void works.push('second'))
  await expect(second).rejects.toMatchObject({ name: 'InternalError' })
  expect(works).toEqual([])
  written.resolve()
  await first
})
