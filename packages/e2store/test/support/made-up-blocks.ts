import { readVector } from '@datastreamer/fixtures'
import type { BlockArchive } from '../../src/execution/archive/archive.ts'
import type { Columns } from '../../src/execution/archive/block.ts'
import { encodeBody, splitBody } from '../../src/execution/blocks/body.ts'
import { type BlockHeader, decodeHeader, encodeHeader } from '../../src/execution/blocks/header.ts'
import { encodeHeaderWithProof } from '../../src/execution/blocks/header-with-proof.ts'
import type { EventLog } from '../../src/execution/blocks/logs.ts'
import {
  decodeSlimReceipts,
  encodeReceipts,
  encodeSlimReceipts,
  type Receipt,
} from '../../src/execution/blocks/receipts.ts'
import { openE2hs } from '../../src/execution/e2hs/open.ts'
import { writeE2hs } from '../../src/execution/e2hs/write.ts'
import { openEra1 } from '../../src/execution/era1/open.ts'
import { writeEra1 } from '../../src/execution/era1/write.ts'
import { openEre } from '../../src/execution/ere/open.ts'
import { writeEre } from '../../src/execution/ere/write.ts'
import { defaultHashes } from '../../src/hash/hashes.ts'
import { toBytes } from '../../src/io/byte-sink.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { fromHex } from '../../src/io/bytes.ts'
import { encodeRlp } from '../../src/rlp/encode.ts'
import { EMPTY_TRIE_ROOT } from '../../src/trie/ordered-trie.ts'
import { type Random, seeded } from '../mutations/mutate.ts'

/** A transaction as it lies in a body, and the logs of its receipt. */
export interface MadeUpTransaction {
  readonly envelope: Uint8Array
  readonly logs: readonly EventLog[]
}

export type MadeUpBlock = readonly MadeUpTransaction[]
export type MadeUpKind = 'era1' | 'ere' | 'ere without receipts' | 'e2hs'

const HASHES = defaultHashes()
const BLANK: BlockHeader = {
  parentHash: new Uint8Array(32),
  ommersHash: new Uint8Array(32),
  beneficiary: new Uint8Array(20),
  stateRoot: new Uint8Array(32),
  transactionsRoot: EMPTY_TRIE_ROOT,
  receiptsRoot: EMPTY_TRIE_ROOT,
  logsBloom: new Uint8Array(256),
  difficulty: 1n,
  number: 0n,
  gasLimit: 5000n,
  gasUsed: 0n,
  timestamp: 1_438_269_973n,
  extraData: new Uint8Array(0),
  mixHash: new Uint8Array(32),
  nonce: new Uint8Array(8),
}

/** A header that says nothing true but its number. */
export const headerOf = (number: bigint): Uint8Array => encodeHeader({ ...BLANK, number })

function receiptsOf(block: MadeUpBlock): Receipt[] {
  return block.map(({ envelope, logs }, i) => {
    const [first = 0] = envelope
    return { type: first >= 0xc0 ? 0 : first, outcome: true, cumulativeGasUsed: BigInt(i + 1) * 21_000n, logs }
  })
}

/** The file of blocks whose headers do not commit to them: well-formed, but it would not verify. */
export async function writeMadeUp(
  kind: MadeUpKind,
  start: bigint,
  blocks: readonly MadeUpBlock[],
): Promise<Uint8Array> {
  const sink = toBytes()
  const rows = function* (): Generator<Columns<Uint8Array>> {
    for (const [i, block] of blocks.entries()) {
      const header = headerOf(start + BigInt(i))
      const receipts = receiptsOf(block)
      yield {
        header: kind === 'e2hs' ? encodeHeaderWithProof({ header, proof: new Uint8Array(480) }) : header,
        body: encodeBody({ transactions: block.map(({ envelope }) => envelope), uncles: [] }),
        receipts: kind === 'ere' ? encodeSlimReceipts(receipts) : encodeReceipts(receipts, HASHES),
        totalDifficulty: new Uint8Array(32),
      }
    }
  }
  const source = { start, read: rows }
  if (kind === 'era1') await writeEra1(sink, source)
  else if (kind === 'e2hs') await writeE2hs(sink, source, { blocks: blocks.length })
  else await writeEre(sink, source, { columns: kind === 'ere' ? ['receipts'] : [] })
  return sink.bytes()
}

export async function openMadeUp(kind: MadeUpKind, bytes: Uint8Array, blocks: number): Promise<BlockArchive> {
  const source = fromBytes(bytes)
  if (kind === 'era1') return openEra1(source)
  return kind === 'e2hs' ? openE2hs(source, { blocks }) : openEre(source)
}

const bytesOf = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256))

/** A transaction of these bytes: of a type, or without one. */
export function envelopeOf(data: Uint8Array, type: number): Uint8Array {
  const list = encodeRlp([data])
  return type === 0 ? list : Uint8Array.of(type, ...list)
}

/** As many values in so many blocks as in blocks of the main network: some in many of them, most in one. */
const BUSY = { transactions: 146, logs: 427, cold: 450, tokens: 300, transactionBytes: 400 }

/** Blocks as full as those of the main network, with the same for the same seed. */
export function* busyBlocks(count: number, seed: number): Generator<MadeUpBlock> {
  const random = seeded(seed)
  const skewed = (n: number): number => Math.floor(n * random() ** 3)
  const tokens = Array.from({ length: BUSY.tokens }, () => bytesOf(random, 20))
  const events = Array.from({ length: 60 }, () => bytesOf(random, 32))
  for (let number = 0; number < count; number++) {
    const cold = Array.from({ length: BUSY.cold }, () => Uint8Array.of(...new Uint8Array(12), ...bytesOf(random, 20)))
    const log = (): EventLog => ({
      address: tokens[skewed(tokens.length)] as Uint8Array,
      topics: [
        events[skewed(events.length)] as Uint8Array,
        ...Array.from({ length: 2 }, () => cold[Math.floor(random() * cold.length)] as Uint8Array),
      ],
      data: Uint8Array.of(...new Uint8Array(24), ...bytesOf(random, 8)),
    })
    yield Array.from({ length: BUSY.transactions }, (_, i) => ({
      envelope: envelopeOf(bytesOf(random, BUSY.transactionBytes), i % 3 === 0 ? 0 : 2),
      logs: Array.from({ length: i === 0 ? 135 : 2 }, log),
    }))
  }
}

interface RecordedBlock {
  readonly header: string
  readonly body: string
  readonly receipts: string
}

/** An `.ere` of recorded blocks of the main network in any order; what is in one of them only is another each time. */
export async function writeModelEra(count: number, seed: number): Promise<Uint8Array> {
  const recorded = JSON.parse(
    Buffer.from(readVector('rpc', 'mainnet-real-blocks.input.json.gz')).toString(),
  ) as RecordedBlock[]
  const bytes = (hex: string): Uint8Array => fromHex(hex.replace('0x', ''))
  const blocks = recorded.map(({ header, body, receipts }) => ({
    header: decodeHeader(bytes(header)),
    parts: splitBody(bytes(body)),
    receipts: decodeSlimReceipts(bytes(receipts)),
  }))
  const key = (value: Uint8Array): string => Buffer.from(value).toString('hex')
  const seenIn = new Map<string, Set<number>>()
  for (const [i, { receipts }] of blocks.entries()) {
    for (const value of receipts.flatMap(({ logs }) => logs).flatMap(({ address, topics }) => [address, ...topics])) {
      seenIn.set(key(value), (seenIn.get(key(value)) ?? new Set()).add(i))
    }
  }
  const start = 15_540_224n
  const rows = function* (): Generator<Columns<Uint8Array>> {
    const random = seeded(seed)
    for (let number = 0; number < count; number++) {
      const block = blocks[Math.floor(random() * blocks.length)] as (typeof blocks)[number]
      const salt = bytesOf(random, 4)
      const changed = (value: Uint8Array): Uint8Array => {
        if ((seenIn.get(key(value))?.size ?? 0) > 1) return value
        const out = value.slice()
        for (let i = 0; i < 4; i++) out[out.length - 1 - i] = (out.at(-1 - i) ?? 0) ^ (salt[i] as number)
        return out
      }
      const transactions = block.parts.transactions.map((envelope) => {
        const out = envelope.slice()
        out.set(bytesOf(random, 4), out.length - 4)
        return out
      })
      const receipts = block.receipts.map((receipt) => ({
        ...receipt,
        logs: receipt.logs.map(({ address, topics, data }) => ({
          address: changed(address),
          topics: topics.map(changed),
          data,
        })),
      }))
      yield {
        header: encodeHeader({ ...block.header, number: start + BigInt(number) }),
        body: encodeBody({ transactions, uncles: [] }),
        receipts: encodeSlimReceipts(receipts),
      }
    }
  }
  const sink = toBytes()
  await writeEre(sink, { start, read: rows }, { columns: ['receipts'] })
  return sink.bytes()
}
