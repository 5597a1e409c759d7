import { expect, test } from 'vitest'
import { fuzz } from './support/fuzz.ts'

test('whatever is asked is answered as JSON-RPC says, and nothing is taken for a fault of the server', async () => {
  const { answered, malformed, codes } = await fuzz({ requests: 600, seed: 7 })
  expect(answered).toBe(600)
  expect(malformed).toBeGreaterThan(200)
  expect([...codes]).toEqual(expect.arrayContaining([-32700, -32600, -32601, -32602, 4444]))
})
