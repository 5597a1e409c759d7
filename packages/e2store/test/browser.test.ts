import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

type E2Store = typeof import('./support/portable.ts')

/** Writes a small era with compressed records, reads it back by slot, verifies it, and says what it found. */
const probe = async ({ EraWriter, eraNameOf, fromBytes, openEra, RecordCursor, toBytes, verifyEra }: E2Store) => {
  const sink = toBytes()
  const state = new Uint8Array(5000)
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 64 })
  await writer.finish(state)
  const source = fromBytes(sink.bytes())
  const cursor = new RecordCursor(source)
  const types: number[] = []
  while (await cursor.fill()) for (let record = cursor.take(); record; record = cursor.take()) types.push(record.type)
  const era = await openEra(source)
  const report = await verifyEra(era)
  const error = await openEra(fromBytes(sink.bytes().subarray(1))).catch((e: unknown) => e)
  return {
    types,
    same: (await era.state(0n)).join() === state.join(),
    name: await eraNameOf(era, 'tiny'),
    states: report.states,
    code: (error as { readonly code?: string }).code,
    globals: ['process', 'Buffer', 'require', 'document', 'WorkerGlobalScope'].filter((name) => name in globalThis),
  }
}
const expected = {
  types: [0x6532, 0x0200, 0x6932],
  same: true,
  name: 'tiny-00000-00000000.era',
  states: 1,
  code: 'BAD_GROUP',
}

/** Writes an archive of two blocks, reads it back from a Blob where there are such, and verifies it. */
const archiveProbe = async (library: E2Store) => {
  const { decodeRecords, defaultHashes, encodeHeader, fromBlob, fromBytes, openEra1, toBytes } = library
  const { EMPTY_TRIE_ROOT, portableHashes, uint256Bytes, verifyArchive, writeEra1 } = library
  const { keccak256, sha256 } = defaultHashes()
  const emptyList = Uint8Array.of(0xc0)
  let parentHash: Uint8Array = new Uint8Array(32)
  const rows = [0n, 1n].map((number) => {
    const header = encodeHeader({
      ...{ parentHash, number, ommersHash: keccak256(emptyList), beneficiary: new Uint8Array(20) },
      ...{ stateRoot: new Uint8Array(32), transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT },
      ...{ logsBloom: new Uint8Array(256), difficulty: 5n, gasLimit: 0n, gasUsed: 0n, timestamp: number },
      ...{ extraData: new Uint8Array(0), mixHash: new Uint8Array(32), nonce: new Uint8Array(8) },
    })
    parentHash = keccak256(header)
    const totalDifficulty = uint256Bytes(5n * (number + 1n))
    return { header, body: Uint8Array.of(0xc2, 0xc0, 0xc0), receipts: emptyList, totalDifficulty }
  })
  const sink = toBytes()
  await writeEra1(sink, { start: 0n, read: () => rows })
  const blob = 'Blob' in globalThis ? new Blob([sink.bytes() as Uint8Array<ArrayBuffer>]) : undefined
  const archive = await openEra1(blob ? fromBlob(blob) : fromBytes(sink.bytes()))
  const report = await verifyArchive(archive)
  let records = 0
  for await (const _ of decodeRecords(blob ? blob.stream() : [sink.bytes()])) records++
  return {
    blocks: report.count,
    difficulty: String(report.totalDifficulty),
    timestamp: String((await archive.block(1n)).header.timestamp),
    records,
    isFast: keccak256 !== portableHashes.keccak256 && sha256 !== portableHashes.sha256,
    fromBlob: blob !== undefined,
  }
}
const expectedOfArchive = { blocks: 2, difficulty: '10', timestamp: '1', records: 11, isFast: true }

const bundle = await bundleForBrowser(resolve(import.meta.dirname, './support/portable.ts'))

test('the bundle has nothing of Node', () => {
  expect(bundle).not.toMatch(/['"]node:|\brequire\(/)
})

test('runs with nothing but the language', async () => {
  expect(await runInBareContext(bundle, probe)).toEqual({ ...expected, globals: [] })
  expect(await runInBareContext(bundle, archiveProbe)).toEqual({ ...expectedOfArchive, fromBlob: false })
})

describe.skipIf(!hasChromium())('in Chromium', () => {
  test('runs in a page', async () => {
    await using browser = await openChromium()
    expect(await browser.run(bundle, probe)).toEqual({ ...expected, globals: ['document'] })
    expect(await browser.run(bundle, archiveProbe)).toEqual({ ...expectedOfArchive, fromBlob: true })
  })

  test('runs in a worker', async () => {
    await using browser = await openChromium()
    expect(await browser.runInWorker(bundle, probe)).toEqual({ ...expected, globals: ['WorkerGlobalScope'] })
    expect(await browser.runInWorker(bundle, archiveProbe)).toEqual({ ...expectedOfArchive, fromBlob: true })
  })
})
