import { createHash } from 'node:crypto'
import {
  type BlockHeader,
  EMPTY_TRIE_ROOT,
  type EventLog,
  encodeBody,
  encodeHeader,
  encodeRlp,
  encodeSlimReceipts,
  writeEre,
} from '@datastreamer/e2store/execution'
import { createFile } from '@datastreamer/e2store/node'

/** The number of the first block. */
export const START = 16_777_216n

/** As much in each block as there was in recorded blocks of the main network, on average. */
const SHAPE = { transactions: 146, transactionBytes: 400, logs: 427, values: 450, tokens: 300, events: 60 }

const HEADER: BlockHeader = {
  parentHash: new Uint8Array(32),
  ommersHash: new Uint8Array(32),
  beneficiary: new Uint8Array(20),
  stateRoot: new Uint8Array(32),
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 0n,
  number: 0n,
  gasLimit: 30_000_000n,
  gasUsed: 0n,
  timestamp: 1_677_557_088n,
  extraData: new Uint8Array(0),
  mixHash: new Uint8Array(32),
  nonce: new Uint8Array(8),
}

/** Bytes that a text decides. */
function bytesOf(text: string, length: number): Uint8Array {
  return new Uint8Array(createHash('shake256', { outputLength: length }).update(text).digest())
}

/** One of `n`, the first ones more often. */
function skewed(byte: number, n: number): number {
  return Math.floor(n * (byte / 256) ** 3)
}

/** The transactions of a block. */
export function transactionsOf(block: number): Uint8Array[] {
  const bytes = bytesOf(`transactions ${block}`, SHAPE.transactions * SHAPE.transactionBytes)
  return Array.from({ length: SHAPE.transactions }, (_, i) => {
    const data = bytes.subarray(i * SHAPE.transactionBytes, (i + 1) * SHAPE.transactionBytes)
    const list = encodeRlp([data])
    const envelope = new Uint8Array(1 + list.length)
    envelope[0] = 2
    envelope.set(list, 1)
    return envelope
  })
}

/** The logs of a block: of few addresses and kinds, with topics most of which are in no other block. */
export function logsOf(block: number): EventLog[] {
  const choices = bytesOf(`choices ${block}`, 6 * SHAPE.logs)
  const values = bytesOf(`values ${block}`, 20 * SHAPE.values)
  const valueAt = (i: number): Uint8Array => {
    const at = 20 * Math.floor((SHAPE.values * ((choices[i] as number) * 256 + (choices[i + 1] as number))) / 65_536)
    const topic = new Uint8Array(32)
    topic.set(values.subarray(at, at + 20), 12)
    return topic
  }
  return Array.from({ length: SHAPE.logs }, (_, i) => ({
    address: bytesOf(`token ${skewed(choices[6 * i] as number, SHAPE.tokens)}`, 20),
    topics: [
      bytesOf(`event ${skewed(choices[6 * i + 1] as number, SHAPE.events)}`, 32),
      valueAt(6 * i + 2),
      valueAt(6 * i + 4),
    ],
    data: Uint8Array.of(...new Uint8Array(28), ...choices.subarray(6 * i, 6 * i + 4)),
  }))
}

/** Write an `.ere` of full blocks, with receipts and without proofs. */
export async function writeBusyEra(path: string, blocks: number): Promise<void> {
  const rows = function* (): Generator<Record<string, Uint8Array>> {
    for (let block = 0; block < blocks; block++) {
      const logs = logsOf(block)
      const perReceipt = Math.ceil(logs.length / SHAPE.transactions)
      const receipts = Array.from({ length: SHAPE.transactions }, (_, i) => ({
        ...{ type: 2, outcome: true, cumulativeGasUsed: BigInt(i + 1) * 90_000n },
        logs: logs.slice(i * perReceipt, (i + 1) * perReceipt),
      }))
      yield {
        header: encodeHeader({ ...HEADER, number: START + BigInt(block), extraData: bytesOf(`header ${block}`, 200) }),
        body: encodeBody({ transactions: transactionsOf(block), uncles: [] }),
        receipts: encodeSlimReceipts(receipts),
      }
    }
  }
  await using file = await createFile(path)
  await writeEre(file, { start: START, read: rows }, { columns: ['receipts'] })
  await file.commit()
}
