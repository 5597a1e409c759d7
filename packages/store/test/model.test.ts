import { test } from 'vitest'
import { checkModel } from './model/check.ts'

test('any sequence of calls does what a list in memory does, refusals included', async () => {
  await checkModel({ world: 'simulated', runs: 120, calls: 60 })
})

test('also on the disk of this machine', async () => {
  await checkModel({ world: 'real', runs: 6, calls: 60 })
})
