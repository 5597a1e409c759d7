import { writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { formatSignerKey, formatVerifierKey, generateSignerKey } from '@datastreamer/format/signing'
import { afterAll, expect, test } from 'vitest'
import { readSignerKeys, readVerifierKeys } from './key-files.ts'

const folder = tempDir()
afterAll(() => folder[Symbol.dispose]())

const file = (name: string, ...lines: readonly string[]): string => {
  const path = folder.join(name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

test('private keys come from a file, several of one name', async () => {
  const [one, two, other] = [
    await generateSignerKey('a/b'),
    await generateSignerKey('a/b'),
    await generateSignerKey('c'),
  ]
  const path = file('keys', formatSignerKey(one), '', formatSignerKey(two))
  expect(await readSignerKeys('--history-key', path)).toEqual([one, two])
  const mixed = file('mixed', formatSignerKey(one), formatSignerKey(other))
  await expect(readSignerKeys('--history-key', mixed)).rejects.toThrow('keys of two names, a/b and c')
})

test('public keys are given as text, or in a file', async () => {
  const { seed, ...key } = await generateSignerKey('history.example/zkevm')
  expect(seed.length).toBe(32)
  const text = formatVerifierKey(key)
  expect(await readVerifierKeys('--public-key', text)).toEqual([key])
  expect(await readVerifierKeys('--public-key', file('public', text))).toEqual([key])
})

test('what is no key is refused, and nothing of it is shown', async () => {
  const key = await generateSignerKey('a')
  const secret = formatSignerKey(key)
  const bad = file('bad', secret.replace('+a+', '+b+'))
  const error = await readSignerKeys('--history-key', bad).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'BAD_KEY' })
  expect(String(error)).toContain(`--history-key: ${bad}: not a key`)
  expect(String(error)).not.toContain(secret.slice(-20))
  await expect(readVerifierKeys('--public-key', secret)).rejects.toThrow(/--public-key/)
  await expect(readSignerKeys('--history-key', file('empty'))).rejects.toThrow('holds no key')
  await expect(readSignerKeys('--history-key', folder.join('none'))).rejects.toThrow('no such file')
})
