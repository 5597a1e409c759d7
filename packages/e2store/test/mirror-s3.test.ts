import { readFileSync } from 'node:fs'
import { S3_KEYS, startS3, tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { s3Location } from '../src/location.ts'
import { planMirror, runMirror } from '../src/mirror.ts'
import { checksumList, eraFiles, writeFolder } from './support/history-folder.ts'

test('a bucket is mirrored, and an unfinished file of it continued', async () => {
  using dir = tempDir()
  await using s3 = await startS3()
  const files = await eraFiles(3)
  for (const [name, bytes] of files) await s3.put(`era/${name}`, bytes)
  await s3.put('era/checksums_sha256.txt', new TextEncoder().encode(checksumList(files)))
  const locations = [s3Location('s3://history/era/', { endpoint: s3.endpoint, credentials: S3_KEYS })]
  const [[name = '', bytes = new Uint8Array(0)] = []] = [...files].slice(2)
  const state = JSON.stringify({ version: 1, location: locations[0]?.name })
  const begun = new Map([
    [`${name}.part`, bytes.subarray(0, 5000)],
    [`${name}.part.json`, new TextEncoder().encode(state)],
  ])
  writeFolder(dir.path, begun)
  const plan = await planMirror(locations, dir.path)
  let arrived = 0
  const onBytes = (more: number): void => {
    arrived += more
  }
  expect((await runMirror(plan, locations, dir.path, { onBytes })).complete).toBe(true)
  expect(arrived).toBe([...files.values()].reduce((sum, { length }) => sum + length, 0) - 5000)
  for (const [each, content] of files) expect(readFileSync(dir.join(each)).equals(content)).toBe(true)
  expect((await planMirror(locations, dir.path)).files.every(({ work }) => work === 'none')).toBe(true)
})
