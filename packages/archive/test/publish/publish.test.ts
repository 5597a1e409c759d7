import { test } from 'vitest'
import { publishModel } from './publish-model.ts'

test.each(Array.from({ length: 100 }, (_, i) => i + 1))('history %i', async (seed) => {
  await publishModel(seed)
})
