import { createHash } from 'node:crypto'
import { openE2ss } from '../../src/execution/e2ss/snapshot.ts'
import { verifyE2ss } from '../../src/execution/e2ss/verify.ts'
import { type VerifyExecutionOptions, verifyArchive } from '../../src/execution/verify/verify.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { fromHex } from '../../src/io/bytes.ts'
import { collect, type GoldenFile, golden, goldenBytes, goldenHistoryRoot, openAny } from '../support/execution.ts'
import type { Kind } from './harness.ts'

/** Verify a block archive, and read everything in it in both ways. */
function checkArchive(name: GoldenFile, options: VerifyExecutionOptions): Kind['check'] {
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
export function executionKinds(): Kind[] {
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
  kinds.push({ name: '.e2ss', bytes: goldenBytes('e2ss'), check: checkSnapshot })
  return kinds.flatMap((kind) => [kind, { ...kind, name: `${kind.name} under its checksums`, deep: true }])
}
