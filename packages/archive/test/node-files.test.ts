import { readdirSync, writeFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { portableSha256, writeArchive } from '../src/index.ts'
import { findSegments, nodeSha256, openArchive, segmentFolder } from '../src/node.ts'
import { archiveOf, blocks } from './support/streams.ts'

test('segments in a folder have the names and bytes of their content, and are opened together', async () => {
  using dir = tempDir()
  const stream = blocks(100)
  const folder = dir.join('made/by/this')
  const create = await segmentFolder(folder)
  const options = { create, encoding: 'protobuf', perSegment: 20, sha256: nodeSha256 } as const
  const names: string[] = []
  for await (const { name } of writeArchive(stream, options)) names.push(name)
  const inMemory = await archiveOf(stream)
  expect(names).toEqual(inMemory.map(({ name }) => name))
  expect(new Set(readdirSync(folder))).toEqual(new Set(names))
  writeFileSync(dir.join('made/by/this/notes.txt'), 'not a segment')
  expect(await findSegments(folder)).toHaveLength(names.length)
  const archive = await openArchive(folder)
  expect((await archive.block(42n))?.number).toBe(42n)
  expect(archive.getHeader()).toEqual(stream.getHeader())
})

test('a writing that is given up leaves no file', async () => {
  using dir = tempDir()
  const create = await segmentFolder(dir.path)
  for await (const _ of writeArchive(blocks(100), { create, encoding: 'protobuf', perSegment: 20 })) break
  expect(readdirSync(dir.path)).toHaveLength(1)
})

test("Node's SHA-256 is the portable one", () => {
  const bytes = new Uint8Array(1000).map((_, i) => i)
  expect(Uint8Array.from(nodeSha256.digest(bytes))).toEqual(portableSha256.digest(bytes))
  const [a, b] = [nodeSha256.create(), portableSha256.create()]
  for (const hash of [a, b]) for (let at = 0; at < 1000; at += 99) hash.update(bytes.subarray(at, at + 99))
  expect(Uint8Array.from(a.digest())).toEqual(b.digest())
})
