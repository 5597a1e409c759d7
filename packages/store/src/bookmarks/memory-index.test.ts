import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyBytes, keyText, MemoryIndex } from './memory-index.ts'

const keys = fc.uint8Array({ minLength: 1, maxLength: 16, size: 'max' })

test('agrees with a map', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('put', 'put', 'remove'), keys, fc.maxSafeNat()), {
    maxLength: 60,
    size: 'max',
  })
  const property = fc.asyncProperty(steps, fc.maxSafeNat(), async (steps, limit) => {
    const index = new MemoryIndex()
    const map = new Map<string, number>()
    for (const [what, key, number] of steps) {
      if (what === 'put') {
        index.put([{ key, number }])
        map.set(String(key), number)
      } else {
        index.remove([key])
        map.delete(String(key))
      }
      key.fill(0xee)
    }
    expect(index.size).toBe(map.size)
    for (const [text, number] of map) expect(await index.get(Uint8Array.from(text.split(',').map(Number)))).toBe(number)
    const after = [...map].filter(([, number]) => number >= limit).map(([text]) => text)
    expect(new Set(index.keysFrom(limit).map(String))).toEqual(new Set(after))
  })
  await fc.assert(property)
})

test('takes only bookmarks, and none once it is closed', async () => {
  const index = new MemoryIndex()
  for (const length of [0, 17]) {
    const key = new Uint8Array(length)
    expect(() => index.put([{ key, number: 1 }])).toThrow(RangeError)
    expect(() => index.remove([key])).toThrow(RangeError)
    expect(await index.get(key)).toBeUndefined()
  }
  await index.writable()
  await index.flush()
  await index.close()
  await index.close()
  const key = Uint8Array.of(1)
  expect(() => index.put([{ key, number: 1 }])).toThrow('closed')
  expect(() => index.remove([key])).toThrow('closed')
  await expect(index.get(key)).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(index.flush()).rejects.toMatchObject({ code: 'CLOSED' })
})

test('every sequence of bytes has a text of its own', () => {
  const property = fc.property(keys, keys, (a, b) => {
    expect(keyBytes(keyText(a))).toEqual(a)
    expect(keyText(a) === keyText(b)).toBe(String(a) === String(b))
  })
  fc.assert(property)
})
