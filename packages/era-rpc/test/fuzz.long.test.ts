import { expect, test } from 'vitest'
import { fuzz } from './support/fuzz.ts'

test('whatever is asked, 20,000 times, is answered as JSON-RPC says', async () => {
  const { answered, malformed } = await fuzz({ requests: 20_000, seed: 11 })
  expect(answered).toBe(20_000)
  expect(malformed).toBeGreaterThan(8000)
})
