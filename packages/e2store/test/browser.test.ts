import { resolve } from 'node:path'
import { bundleForBrowser, hasChromium, openChromium, runInBareContext } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from '../src/execution/blocks/header.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromHex } from '../src/io/bytes.ts'
import { golden } from './support/execution.ts'
import { FileServer, someBytes } from './support/file-server.ts'

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

/** Writes an archive of two blocks, reads it back from a Blob where there are such, verifies it, and finds a block by its index. */
const archiveProbe = async (library: E2Store) => {
  const { decodeRecords, defaultHashes, encodeHeader, fromBlob, fromBytes, openEra1, toBytes } = library
  const { buildSidecar, EMPTY_TRIE_ROOT, openSidecar, portableHashes, uint256Bytes, verifyArchive, writeEra1 } = library
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
  const sidecar = await openSidecar(fromBytes(await buildSidecar(archive)), { archive })
  return {
    found: (await sidecar.blockCandidates(parentHash)).join(),
    blocks: report.count,
    difficulty: String(report.totalDifficulty),
    timestamp: String((await archive.block(1n)).header.timestamp),
    records,
    isFast: keccak256 !== portableHashes.keccak256 && sha256 !== portableHashes.sha256,
    fromBlob: blob !== undefined,
  }
}
const expectedOfArchive = { found: '1', blocks: 2, difficulty: '10', timestamp: '1', records: 11, isFast: true }

/** Opens an archive at an address, reads a block of it, and says how many bytes the file has. */
const addressProbe = async ({ httpLocation, openEra1 }: E2Store) => {
  const { address } = globalThis as unknown as { readonly address: string }
  const file = await httpLocation(address).open('made-up.era1')
  const archive = await openEra1(file)
  const { header } = await archive.block(7n)
  const missing = await httpLocation(address)
    .open('none.era1')
    .catch((e: unknown) => e)
  return {
    ...{
      size: file.size,
      inMemory: file.memory !== undefined,
      number: String(header.number),
      extra: header.extraData.length,
    },
    code: (missing as { readonly code?: string }).code,
  }
}

/** An `.era1` that is too large to come whole when it is opened. */
async function largeEra1(): Promise<Uint8Array> {
  const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))
  const rows = Array.from({ length: 30 }, (_, i) => ({
    ...{ header: encodeHeader({ ...genesis, number: BigInt(i), extraData: someBytes(50_000 + i, i) }) },
    ...{ body: fromHex('c2c0c0'), receipts: fromHex('c0'), totalDifficulty: new Uint8Array(32) },
  }))
  const sink = toBytes()
  await writeEra1(sink, { start: 0n, read: () => rows })
  return sink.bytes()
}

/** A server whose answers pages of other servers may read. */
async function openServer(bytes: Uint8Array): Promise<FileServer> {
  const server = await FileServer.start({ 'made-up.era1': bytes })
  server.answers = ({ method }, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'content-range, etag, last-modified')
    if (method !== 'OPTIONS') return false
    response
      .writeHead(204, { 'access-control-allow-headers': 'range, if-range', 'access-control-max-age': '600' })
      .end()
    return undefined
  }
  return server
}

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

  test('reads a block of an archive at an address with a few requests', async () => {
    const bytes = await largeEra1()
    await using server = await openServer(bytes)
    await using browser = await openChromium()
    const expectedThere = { size: bytes.length, inMemory: false, number: '7', extra: 50_007, code: 'NOT_FOUND' }
    const withAddress = `globalThis.address = ${JSON.stringify(server.url)}\n${bundle}`
    expect(await browser.run(withAddress, addressProbe)).toEqual(expectedThere)
    const read = server.got.filter(({ method, path }) => method === 'GET' && path === '/made-up.era1')
    expect(read).toHaveLength(3)
    expect(read.every(({ range }) => range !== undefined)).toBe(true)
    expect(await browser.runInWorker(withAddress, addressProbe)).toEqual(expectedThere)
  })

  test('runs in a worker', async () => {
    await using browser = await openChromium()
    expect(await browser.runInWorker(bundle, probe)).toEqual({ ...expected, globals: ['WorkerGlobalScope'] })
    expect(await browser.runInWorker(bundle, archiveProbe)).toEqual({ ...expectedOfArchive, fromBlob: true })
  })
})
