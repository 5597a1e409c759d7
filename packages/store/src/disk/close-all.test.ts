import { expect, test } from 'vitest'
import { closeAll } from './close-all.ts'

test('closes all, one after the other, and throws what the first failed with', async () => {
  const calls: string[] = []
  const part = (name: string, error?: Error) => ({
    async close() {
      calls.push(`${name} begins`)
      await null
      calls.push(`${name} ends`)
      if (error !== undefined) throw error
    },
  })
  await closeAll([part('a'), part('b')])
  expect(calls).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  calls.length = 0
  const closed = closeAll([part('a'), part('b', new Error('first')), part('c', new Error('second')), part('d')])
  await expect(closed).rejects.toThrow('first')
  expect(calls.filter((call) => call.endsWith('ends'))).toEqual(['a ends', 'b ends', 'c ends', 'd ends'])
})
