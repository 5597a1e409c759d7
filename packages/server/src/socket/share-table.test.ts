import { randomFrom } from '@datastreamer/fixtures/random'
import { expect, test } from 'vitest'
import { ShareTable, shareTableMemory } from './share-table.ts'

test.each([1, 2, 3])('counts like a map, whoever comes and goes (seed %i)', (seed) => {
  const random = randomFrom(seed)
  const capacity = 20
  const memory = shareTableMemory(capacity)
  // Two threads have a table each over the same memory.
  const tables = [new ShareTable(memory), new ShareTable(memory)]
  const model = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) {
    const share = `10.0.0.${random(40)}`
    const table = tables[random(2)] as ShareTable
    const count = model.get(share) ?? 0
    if (random(2) === 0 && (count > 0 || model.size < capacity)) {
      table.increment(share)
      model.set(share, count + 1)
    } else if (count > 0) {
      table.decrement(share)
      if (count > 1) model.set(share, count - 1)
      else model.delete(share)
    }
    const asked = `10.0.0.${random(40)}`
    expect(table.count(asked)).toBe(model.get(asked) ?? 0)
  }
  expect(() => tables[0]?.decrement('somebody else')).toThrow('a share leaves that was not there')
})
