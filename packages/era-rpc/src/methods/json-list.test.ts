import { expect, test } from 'vitest'
import { JsonList } from './json-list.ts'

test('a list is text, or bytes once it is long', () => {
  const short = new JsonList()
  expect(new JsonList().end()).toBe('[]')
  for (const item of ['1', '"a"', '{}']) short.add(item)
  expect(short.end()).toBe('[1,"a",{}]')

  const long = new JsonList()
  const items = Array.from({ length: 300 }, (_, at) => `"${String(at).padStart(1000, '-')}"`)
  for (const item of items) long.add(item)
  const parts = [...long.end()]
  expect(parts.map((part) => typeof part)).toEqual(['object', 'object', 'object', 'object', 'string'])
  const text = parts.map((part) => (typeof part === 'string' ? part : new TextDecoder().decode(part))).join('')
  expect(text).toBe(`[${items.join(',')}]`)
})
