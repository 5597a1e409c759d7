import { pathToFileURL } from 'node:url'
import { folderObjects } from '@datastreamer/e2store/node'
import { s3Objects } from '@datastreamer/e2store/objects'
import { hasNginx, S3_KEYS, startNginx, startS3, tempDir } from '@datastreamer/fixtures'
import { beforeAll, describe, expect, test } from 'vitest'
import { mirrorHistory } from '../src/index.ts'
import { openHistory } from '../src/node.ts'
import { historyOfBlocks, type TestHistory } from './support/make-history.ts'
import { collect, publicKey } from './support/open-history.ts'

let made: TestHistory
beforeAll(async () => {
  made = await historyOfBlocks(3, 20, { fill: 50_000 })
})

test('in a folder, by its path or address', async () => {
  using dir = tempDir()
  await mirrorHistory(made.objects, folderObjects(dir.path), { publicKey })
  for (const from of [dir.path, pathToFileURL(dir.path).href]) {
    await using history = await openHistory(from, { publicKey })
    expect(await collect(history.entries())).toEqual(made.entries)
  }
  await expect(openHistory(dir.join('segment'))).rejects.toMatchObject({ code: 'NO_HISTORY' })
  await expect(openHistory(dir.join('none'))).rejects.toMatchObject({ name: 'LocationError', code: 'NOT_FOUND' })
})

test.runIf(hasNginx())('on a web server', async () => {
  using dir = tempDir()
  await mirrorHistory(made.objects, folderObjects(dir.path), { publicKey })
  await using server = await startNginx(dir.path)
  await using history = await openHistory(server.url, { publicKey })
  expect(history.name).toBe(server.url)
  expect(await collect(history.entries())).toEqual(made.entries)
  expect((await history.block(33))?.number).toBe(33n)
  await expect(openHistory(`${server.url}none/`)).rejects.toMatchObject({ code: 'NO_HISTORY' })
})

describe('in a bucket', () => {
  test('and from there to a folder and a bucket as copies', async () => {
    await using server = await startS3()
    const s3 = { endpoint: server.endpoint, credentials: S3_KEYS }
    await mirrorHistory(made.objects, s3Objects('s3://history/some/stream', s3), { publicKey })
    await using history = await openHistory('s3://history/some/stream', { publicKey, s3 })
    expect(await collect(history.entries())).toEqual(made.entries)
    using dir = tempDir()
    await using both = await openHistory([dir.path, 's3://history/some/stream'], { publicKey, s3 })
    expect((await both.block(33))?.number).toBe(33n)
  })
})
