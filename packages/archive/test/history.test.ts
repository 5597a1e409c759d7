import { expect, test } from 'vitest'
import { formatVerifierKey } from '@datastreamer/format/signing'
import { openHistoryIn } from '../src/history/open-history.ts'
import { nodeCodecs } from '../src/node.ts'
import { key, makeHistory, operation } from './support/make-history.ts'

async function filled(segments: number) {
  const made = makeHistory()
  for (let i = 0; i < segments; i++) {
    const at = BigInt(made.entries.length)
    await made.add([[operation(at, 3), operation(at + 3n, 2)], [operation(at + 5n, 4)]])
  }
  await made.publish()
  return made
}

test('all entries, once, in order', async () => {
  const made = await filled(5)
  const history = await openHistoryIn([made.objects], { codecs: nodeCodecs, publicKey: formatVerifierKey(key) })
  expect(made.objects.calls.filter(({ method }) => method !== 'put')).toHaveLength(2)
  const read = await Array.fromAsync(history.entries())
  expect(read).toEqual(made.entries)
  expect(await Array.fromAsync(history.entries({ from: 7, to: 20 }))).toEqual(made.entries.slice(7, 21))
})

test('an entry', async () => {
  const made = await filled(5)
  const history = await openHistoryIn([made.objects], { codecs: nodeCodecs, publicKey: formatVerifierKey(key) })
  for (const entry of made.entries) expect(await history.entry(entry.number)).toEqual(entry)
  expect(made.objects.calls.filter(({ method }) => method !== 'put')).toHaveLength(2 + 10)
})

test('more than a bundle', async () => {
  const made = await filled(600)
  const history = await openHistoryIn([made.objects], { codecs: nodeCodecs, publicKey: formatVerifierKey(key) })
  expect(made.objects.calls.filter(({ method }) => method !== 'put')).toHaveLength(2)
  expect(await history.entry(3000)).toEqual(made.entries[3000])
  expect(made.objects.calls.filter(({ method }) => method !== 'put')).toHaveLength(4)
  expect(await Array.fromAsync(history.entries())).toEqual(made.entries)
})
