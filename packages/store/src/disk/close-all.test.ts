import { expect, test } from 'vitest'
import { closeAll } from './close-all.ts'

test('closes all, one after the other, and throws the first error', async () => {
  const calls: string[] = []
  const resource = (name: string, error?: Error) => ({
    async close() {
      calls.push(`${name} begins`)
      await null
      calls.push(`${name} ends`)
      if (error !== undefined) throw error
    },
  })
  await closeAll([resource('a'), resource('b')])
  expect(calls).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  calls.length = 0
  const closed = closeAll([
    resource('a'),
    resource('b', new Error('first')),
    resource('c', new Error('second')),
    resource('d'),
  ])
  await expect(closed).rejects.toThrow('first')
  expect(calls.filter((call) => call.endsWith('ends'))).toEqual(['a ends', 'b ends', 'c ends', 'd ends'])
})
