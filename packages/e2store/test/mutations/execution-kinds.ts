import { createHash } from 'node:crypto'
import { openE2ss } from '../../src/execution/e2ss/snapshot.ts'
import { verifyE2ss } from '../../src/execution/e2ss/verify.ts'
import { writeEra1 } from '../../src/execution/era1/write.ts'
import { writeEre } from '../../src/execution/ere/write.ts'
import { formatExecutionArchiveName } from '../../src/execution/names.ts'
import { type VerifyExecutionOptions, verifyArchive } from '../../src/execution/verify/verify.ts'
import { toBytes } from '../../src/io/byte-sink.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { concatBytes, fromHex } from '../../src/io/bytes.ts'
import { encodeRlp } from '../../src/rlp/encode.ts'
import { withIndexOrder } from '../support/ere-index.ts'
import { collect, type GoldenFile, golden, goldenBytes, goldenHistoryRoot, openAny } from '../support/execution.ts'
import { madeChain } from '../support/made-blocks.ts'
import type { Kind } from './harness.ts'

/** Verify a block archive, and read everything in it in both ways. */
function checkArchive(name: string, options: VerifyExecutionOptions): Kind['check'] {
  return async (bytes) => {
    const archive = await openAny(name, fromBytes(bytes))
    const { identity, transactions, receipts } = await verifyArchive(archive, options)
    const hash = createHash('sha256').update(`${archive.start} ${archive.count} ${transactions} ${receipts}`)
    hash.update(JSON.stringify(identity))
    for (const payloads of await collect(archive.iteratePayloads())) {
      for (const column of archive.columns) hash.update(payloads[column] ?? '')
    }
    for (let i = 0; i < archive.count; i++) hash.update((await archive.block(archive.start + BigInt(i))).headerRlp)
    return hash.digest('hex')
  }
}

async function checkSnapshot(bytes: Uint8Array): Promise<string> {
  const snapshot = await openE2ss(fromBytes(bytes))
  const { slotsPerRecord, blockHash } = golden.snapshot
  await verifyE2ss(snapshot, { slotsPerRecord, trustedBlockHash: fromHex(blockHash) })
  const hash = createHash('sha256').update(snapshot.headerRlp)
  for await (const item of snapshot.items()) {
    if (item.kind === 'account') hash.update(item.account.addressHash).update(item.account.code)
    else for (const { slotHash, value } of item.slots) hash.update(slotHash).update(value)
  }
  return hash.digest('hex')
}

/** The kinds of files of the execution layer, changed over and under their checksums. */
export async function executionKinds(): Promise<Kind[]> {
  const trustedAccumulator = fromHex(golden.accumulator)
  const archives: readonly (readonly [GoldenFile, VerifyExecutionOptions])[] = [
    ['era1', { trustedAccumulator }],
    ['era1Draft', { trustedAccumulator }],
    ['ere', { trustedAccumulator }],
    ['ereNoproofsNoreceipts', { trustedAccumulator }],
    ['ereMerged', { historyRoots: goldenHistoryRoot }],
    ['e2hs', { trustedAccumulator }],
    ['e2hsRelative', { trustedAccumulator }],
  ]
  const kinds = archives.map(([name, options]): Kind => {
    return { name: `.${name}`, bytes: goldenBytes(name), check: checkArchive(name, options) }
  })
  const reordered = await withIndexOrder(goldenBytes('ere'), ['proof', 'body', 'totalDifficulty', 'header', 'receipts'])
  kinds.push({ name: '.ere in another order', bytes: reordered, check: checkArchive('ere', { trustedAccumulator }) })
  kinds.push(await auraKind(), await depositKind())
  kinds.push({ name: '.e2ss', bytes: goldenBytes('e2ss'), check: checkSnapshot })
  return kinds.flatMap((kind) => [kind, { ...kind, name: `${kind.name} under its checksums`, deep: true }])
}

/** Blocks sealed by authorities. Their accumulator is trusted, so that other headers do not pass. */
async function auraKind(): Promise<Kind> {
  const sink = toBytes()
  const header = (step: bigint) => ({ aura: { step, signature: new Uint8Array(65).fill(Number(step)) } })
  const { accumulator } = await writeEra1(sink, madeChain([{ header: header(5n) }, { header: header(6n) }]))
  const trust = accumulator && { trustedAccumulator: accumulator }
  return { name: '.era1 of AuRa', bytes: sink.bytes(), check: checkArchive('era1', { ...trust }) }
}

/** Deposits of the OP Stack, with their hash as the parent of a last block, which the name has. */
async function depositKind(): Promise<Kind> {
  const sink = toBytes()
  const deposit = concatBytes([Uint8Array.of(0x7e), encodeRlp([new Uint8Array(32), new Uint8Array(20)])])
  const receipt = {
    type: 0x7e,
    outcome: true,
    cumulativeGasUsed: 9n,
    logs: [],
    depositNonce: 5n,
    depositReceiptVersion: 1n,
  }
  const block = { difficulty: 0n, transactions: [deposit], receipts: [receipt], withdrawals: [] } as const
  const source = madeChain([block, block], { start: 8192n, slim: true })
  const { identity } = await writeEre(sink, source, { columns: ['receipts'] })
  const name = formatExecutionArchiveName({ ...identity, network: 'op' })
  return { name: '.ere of deposits', bytes: sink.bytes(), check: checkArchive('ere', { name }) }
}
