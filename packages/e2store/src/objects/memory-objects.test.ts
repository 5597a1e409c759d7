import { expect, test } from 'vitest'
import { memoryObjects } from './memory-objects.ts'
import type { PutObjectOptions } from './objects.ts'

const IMMUTABLE: PutObjectOptions = { kind: 'immutable', cacheControl: 'immutable', contentType: 'text/plain' }
const bytes = Uint8Array.of(1, 2, 3, 4)

test('calls are counted, and keep their arguments', async () => {
  const objects = memoryObjects()
  await objects.put('a', bytes, IMMUTABLE)
  await objects.get('a', { maxBytes: 4, reload: true })
  await objects.getRange('b', 1, 2)
  expect(objects.calls).toEqual([
    { number: 1, method: 'put', key: 'a', bytes },
    { number: 2, method: 'get', key: 'a', reload: true },
    { number: 3, method: 'getRange', key: 'b', from: 1, to: 2, reload: false },
  ])
  expect(objects.stored).toEqual(
    new Map([['a', { bytes, kind: 'immutable', cacheControl: 'immutable', contentType: 'text/plain' }]]),
  )
  expect(objects.name).toBe('memory')
})

test('calls can wait, and fail before or after they are done', async () => {
  const objects = memoryObjects({ name: 'log' })
  const done: string[] = []
  objects.onCall = async ({ number }) => {
    await Promise.resolve()
    done.push(`call ${number}`)
    if (number === 2) throw new Error('lost on its way')
  }
  objects.onAnswer = ({ number }, found) => {
    done.push(`answer ${number}`)
    if (number === 3) throw new Error('answer lost')
    return found
  }
  expect(await objects.get('a', { maxBytes: 4 })).toBeUndefined()
  await expect(objects.put('a', bytes, IMMUTABLE)).rejects.toThrow('lost on its way')
  expect(objects.stored.has('a')).toBe(false)
  await expect(objects.put('a', bytes, IMMUTABLE)).rejects.toThrow('answer lost')
  expect(objects.stored.has('a')).toBe(true)
  expect(done).toEqual(['call 1', 'answer 1', 'call 2', 'call 3', 'answer 3'])
  await expect(objects.put('a', bytes.subarray(1), IMMUTABLE)).rejects.toThrow('log/a: another content')
})

test('objects can change and be lost', async () => {
  const objects = memoryObjects()
  await objects.put('a', bytes, IMMUTABLE)
  objects.onAnswer = (_, found) => found?.map((byte) => byte ^ 0xff)
  expect(await objects.get('a', { maxBytes: 4 })).toEqual(Uint8Array.of(254, 253, 252, 251))
  expect(await objects.getRange('a', 1, 2)).toEqual(Uint8Array.of(253))
  objects.stored.delete('a')
  expect(await objects.get('a', { maxBytes: 4 })).toBeUndefined()
})

test('memory is not shared', async () => {
  const objects = memoryObjects()
  const own = bytes.slice()
  const put = objects.put('a', own, IMMUTABLE)
  own.fill(9)
  await put
  const found = await objects.get('a', { maxBytes: 4 })
  expect(found).toEqual(bytes)
  found?.fill(8)
  const part = await objects.getRange('a', 0, 4)
  expect(part).toEqual(bytes)
  part?.fill(7)
  expect(await objects.get('a', { maxBytes: 4 })).toEqual(bytes)
})

test('a call that has ended is not answered', async () => {
  const objects = memoryObjects()
  const life = new AbortController()
  objects.onCall = () => life.abort(new Error('enough'))
  await expect(objects.put('a', bytes, { ...IMMUTABLE, signal: life.signal })).rejects.toThrow('enough')
  expect(objects.stored.size).toBe(0)
})
