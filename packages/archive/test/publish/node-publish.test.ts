import { readdirSync } from 'node:fs'
import { folderObjects, openWritableObjects } from '@datastreamer/e2store/node'
import { S3_KEYS, startS3, tempDir } from '@datastreamer/fixtures'
import { formatVerifierKey } from '@datastreamer/format/signing'
import { generateStream } from '@datastreamer/sequencer-entries'
import { openReader, openStore } from '@datastreamer/store'
import { afterEach, expect, test, vi } from 'vitest'
import { publishHistory } from '../../src/index.ts'
import { nodeSha256, nodeZstdEncoder, openHistory, openPublisherState } from '../../src/node.ts'
import { keys, PublishHarness } from './publish-harness.ts'

const publicKey = keys.map(formatVerifierKey)
const making = { keys, zstd: nodeZstdEncoder, sha256: nodeSha256, segmentBytes: 10_000, lag: { entries: 0 } }

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the state is a folder, which one publisher has at a time', async () => {
  using dir = tempDir()
  const folder = `${dir.path}/a/state`
  {
    await using state = await openPublisherState(folder)
    await expect(openPublisherState(folder)).rejects.toMatchObject({ code: 'STATE_IN_USE' })
    expect(await state.read('pending')).toBeUndefined()
    await state.write('pending', [Uint8Array.of(1, 2), Uint8Array.of(3)])
    await state.write('pending', [Uint8Array.of(4)])
    await state.write('other', [])
  }
  await using state = await openPublisherState(folder)
  expect(await state.read('pending')).toEqual(Uint8Array.of(4))
  await state.remove('pending')
  await state.remove('pending')
  expect(await state.read('pending')).toBeUndefined()
  expect(readdirSync(folder).toSorted()).toEqual(['.put', 'other'])
})

test('a file that is written is published to a folder as it grows, and read from there', async () => {
  using dir = tempDir()
  const file = `${dir.path}/stream.bin`
  await using store = await openStore(file, { systemId: 1n, version: 4 })
  await using reader = await openReader(file, { follow: true })
  await using state = await openPublisherState(`${dir.path}/state`)
  const stop = new AbortController()
  let published = 0n
  const run = publishHistory({
    ...{ source: reader, destination: folderObjects(`${dir.path}/history`), state, ...making },
    signal: stop.signal,
    onEvent: (event) => {
      if ('reach' in event) published = event.reach.nextEntry
    },
  })
  const ended = expect(run).rejects.toThrow('enough')
  for (const operation of generateStream({ blocks: 60n, seed: 5n })) {
    await store.atomic((open) => {
      for (const { type, data } of operation) open.addEntry(type, data)
    })
  }
  while (published < 100n) await new Promise((resolve) => setTimeout(resolve, 10))
  stop.abort(new Error('enough'))
  await ended
  await using history = await openHistory(`${dir.path}/history`, { publicKey })
  const { totalEntries } = history.getHeader()
  expect(totalEntries).toBeGreaterThanOrEqual(100n)
  for await (const entry of history.entries()) expect(entry).toEqual(await store.getEntry(entry.number))
})

test('a bucket of S3 takes a history, and gives it back', async () => {
  await using server = await startS3()
  vi.stubEnv('AWS_ACCESS_KEY_ID', S3_KEYS.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_KEYS.secretAccessKey)
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint)
  using dir = tempDir()
  await using destination = await openWritableObjects('s3://history/a/b')
  const { stream } = new PublishHarness(1, { streamType: 1n })
  stream.add(generateStream({ blocks: 60n, seed: 5n }))
  {
    await using state = await openPublisherState(dir.path)
    await publishHistory({
      ...{ source: stream, destination, state, ...making },
      ...{ follow: false, rest: true, confirmMs: 0 },
    })
  }
  await using history = await openHistory('s3://history/a/b', { publicKey })
  expect(history.getHeader()).toEqual(stream.getHeader())
  expect(await history.entry(70n)).toEqual(stream.all[70])
})
