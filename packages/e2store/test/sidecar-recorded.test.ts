import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import type { BlockArchive } from '../src/execution/archive/archive.ts'
import { openE2hs } from '../src/execution/e2hs/open.ts'
import { openEra1 } from '../src/execution/era1/open.ts'
import { openEre } from '../src/execution/ere/open.ts'
import { defaultHashes } from '../src/hash/hashes.ts'
import { identifyFile, iterateHeaders } from '../src/index.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { buildSidecar, checkSidecar, openSidecar, SidecarRecord, verifySidecar } from '../src/sidecar.ts'
import { collect } from './support/execution.ts'
import { writeModelEra } from './support/made-up-blocks.ts'

const { keccak256 } = defaultHashes()

async function openRecorded(bytes: Uint8Array): Promise<BlockArchive> {
  const source = fromBytes(bytes)
  const kind = await identifyFile(source)
  if (kind === 'era1') return openEra1(source)
  return kind === 'e2hs' ? openE2hs(source) : openEre(source)
}

/** Bytes of the records for transactions and for logs, with all directories in each. */
async function sizesOf(sidecar: Uint8Array): Promise<{ readonly transactions: number; readonly logs: number }> {
  const records = await collect(iterateHeaders(fromBytes(sidecar)))
  const bytesOf = (...types: readonly number[]): number =>
    records.filter(({ type }) => types.includes(type)).reduce((sum, { length }) => sum + length, 0)
  return {
    transactions: bytesOf(SidecarRecord.Transactions, SidecarRecord.Directories),
    logs: bytesOf(SidecarRecord.Logs, SidecarRecord.Bitmaps, SidecarRecord.Directories),
  }
}

describe.skipIf(!hasVectors('e2store/real'))('recorded files', () => {
  test.each([
    ['real', 'mainnet-00001-a5364e9a.era1.gz'],
    ['real', 'sepolia-00021-b8814b14.era1.gz'],
    ['big', 'sepolia-00021-af105ff1-noproofs-noreceipts.ere.gz'],
    ['big', 'mainnet-00000-a6860fef.e2hs.gz'],
  ])('%s/%s: every block and transaction is found', async (folder, name) => {
    const archive = await openRecorded(readVector('e2store', folder, name))
    const bytes = await buildSidecar(archive)
    const sidecar = await openSidecar(fromBytes(bytes), { archive })
    let count = 0
    for await (const { number, headerRlp, body } of archive.iterate()) {
      if (number % 16n === 0n) expect(await sidecar.blockCandidates(keccak256(headerRlp))).toEqual([number])
      for (const [index, envelope] of body.transactions.entries()) {
        expect(await sidecar.transactionCandidates(keccak256(envelope))).toEqual([{ block: number, index }])
        count++
      }
    }
    expect(sidecar.header.parts.transactions.entries).toBe(count)
    if (name.startsWith('sepolia-00021')) {
      expect(count).toBe(93)
      expect((await sizesOf(bytes)).transactions).toBeLessThan(8 * 93)
    }
    expect(bytes.length).toBeLessThan(0.015 * archive.source.size)
  })
})

describe.skipIf(!hasVectors('rpc'))('blocks with logs', () => {
  test('of the made-up file: each value leads to the blocks of a plain scan', async () => {
    const archive = await openRecorded(readVector('rpc', 'made-up-mainnet-01586-a26152e4.era1.gz'))
    const bytes = await buildSidecar(archive)
    const sidecar = await openSidecar(fromBytes(bytes), { archive })
    const blocksOf = new Map<string, Set<bigint>>()
    let logs = 0
    for await (const { number, receipts = [] } of archive.iterate()) {
      for (const { address, topics } of receipts.flatMap((receipt) => receipt.logs)) {
        logs++
        for (const [field, value] of [address, ...topics].entries()) {
          const key = `${field} ${Buffer.from(value).toString('hex')}`
          blocksOf.set(key, (blocksOf.get(key) ?? new Set()).add(number))
        }
      }
    }
    let extra = 0
    for (const [key, blocks] of blocksOf) {
      const [field = '', hex = ''] = key.split(' ')
      const value = Uint8Array.from(Buffer.from(hex, 'hex'))
      const topics = Array.from({ length: Number(field) }, (_, i) => (i === Number(field) - 1 ? [value] : undefined))
      const query = { topics, ...(field === '0' && { addresses: [value] }) }
      const found = await sidecar.blocksWithLogs(query, archive.start, archive.start + 399n)
      expect(found).toEqual(expect.arrayContaining([...blocks]))
      extra += found.length - blocks.size
    }
    expect([logs, sidecar.header.parts.transactions.entries]).toEqual([1714, 993])
    expect(blocksOf.size).toBeGreaterThan(500)
    expect(extra).toBeLessThan(blocksOf.size / 32)
    const sizes = await sizesOf(bytes)
    expect(sizes.transactions).toBeLessThan(8 * 993)
    expect(sizes.logs).toBeLessThan(0.03 * archive.source.size)
    expect(await verifySidecar(fromBytes(bytes), archive)).toEqual(await checkSidecar(fromBytes(bytes)))
  })

  test('of an era modelled on those of the main network: logs take at most 3% of the file', async () => {
    const archive = await openRecorded(await writeModelEra(256, 3))
    const bytes = await buildSidecar(archive)
    const { parts, hotValues } = (await openSidecar(fromBytes(bytes), { archive })).header
    expect(parts.transactions.entries / 256).toBeGreaterThan(50)
    expect(parts.logs.entries / 256).toBeGreaterThan(150)
    expect(hotValues).toBeGreaterThan(50)
    const sizes = await sizesOf(bytes)
    expect(sizes.transactions).toBeLessThan(8 * parts.transactions.entries)
    expect(sizes.logs).toBeLessThan(0.03 * archive.source.size)
  })
})
