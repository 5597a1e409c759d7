import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { randomFrom } from '../../test/sim/random.ts'
import { SimDisk } from '../../test/sim/sim-disk.ts'
import type { DiskFile } from './disk.ts'
import { ReopenableFile } from './reopenable-file.ts'

/** A descriptor that records when it is closed, and takes a turn of the event loop to sync. */
async function descriptor(disk: SimDisk, name: string, closed: string[]): Promise<DiskFile> {
  const file = await disk.open('/file', 'create')
  return new Proxy(file, {
    get: (target, key) => {
      if (key === 'close') return async () => void closed.push(name)
      if (key === 'sync') return () => turn()
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('the first descriptor stays open, others only as long as they are in use', async () => {
  const disk = new SimDisk(randomFrom(1))
  const closed: string[] = []
  const file = new ReopenableFile(await descriptor(disk, 'first', closed))
  await file.replaceBy(await descriptor(disk, 'second', closed))
  expect(closed).toEqual([])
  const third = await descriptor(disk, 'third', closed)
  const sync = file.sync()
  await file.replaceBy(third)
  expect(closed).toEqual([])
  await sync
  expect(closed).toEqual(['second'])
  await file.sync()
  await file.replaceBy(await descriptor(disk, 'fourth', closed))
  expect(closed).toEqual(['second', 'third'])
  await file.close()
  expect(closed).toEqual(['second', 'third', 'fourth', 'first'])
})

test('a file that was never reopened is closed once, and not between its calls', async () => {
  const closed: string[] = []
  const file = new ReopenableFile(await descriptor(new SimDisk(randomFrom(1)), 'first', closed))
  await file.sync()
  expect(closed).toEqual([])
  await file.close()
  expect(closed).toEqual(['first'])
})
