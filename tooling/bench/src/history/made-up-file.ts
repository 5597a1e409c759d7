import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  type Columns,
  defaultHashes,
  encodeHeader,
  encodeProof,
  formatExecutionArchiveName,
  HeaderAccumulator,
  uint256Bytes,
  writeEre,
} from '@datastreamer/e2store/execution'
import { nativeSnappy } from '@datastreamer/e2store/node'
import { type MadeBody, madeBody } from './made-up-block.ts'
import { Random } from './random.ts'
import { rareTopics } from './values.ts'

const NETWORK = 'madeup'
export const CHAIN_ID = 1337
/** Blocks of a whole file. */
export const ERA_BLOCKS = 8192

/** A file to make. */
export interface MadeFile {
  readonly folder: string
  readonly era: number
  /** Up to 8192. */
  readonly blocks: number
  /** Transactions of a block, on average. */
  readonly transactions: number
}

const DIFFICULTY = 1000n
const EMPTY_UNCLES = defaultHashes().keccak256(Uint8Array.of(0xc0))

/**
 * Write an `.ere` file of made-up blocks with receipts, total difficulties and proofs; the same one each time. What its
 * headers say of each other, bodies and receipts is true; the parent of its first block is in no file.
 *
 * @returns the root of its accumulator, as hex digits
 */
export async function makeFile({ folder, era, blocks, transactions }: MadeFile): Promise<string> {
  const random = new Random(era)
  const hashes = defaultHashes()
  const start = era * ERA_BLOCKS
  const rareAt = random.below(blocks)
  const accumulator = new HeaderAccumulator(hashes)
  const rows: { header: Uint8Array; body: Uint8Array; receipts: Uint8Array; totalDifficulty: Uint8Array }[] = []
  let parentHash = random.bytes(32)
  for (let i = 0; i < blocks; i++) {
    const rareTopic = i === rareAt && transactions > 0 ? era % rareTopics.length : undefined
    const made = madeBody(random, { transactions, rareTopic })
    const header = encodeHeader(headerOf(random, start + i, parentHash, made))
    parentHash = hashes.keccak256(header)
    const totalDifficulty = uint256Bytes(DIFFICULTY * BigInt(start + i + 1))
    accumulator.add(parentHash, totalDifficulty)
    rows.push({ header, body: made.body, receipts: made.slimReceipts, totalDifficulty })
  }
  const proofs = [...accumulator.proofs()]
  const read = function* (): Generator<Columns<Uint8Array>> {
    for (const [i, row] of rows.entries()) {
      yield { ...row, proof: encodeProof({ type: 0, ssz: proofs[i] as Uint8Array }) }
    }
  }
  const sink = toBytes()
  const { identity } = await writeEre(sink, { start: BigInt(start), read }, { codec: await nativeSnappy() })
  writeFileSync(join(folder, formatExecutionArchiveName({ ...identity, network: NETWORK })), sink.bytes())
  return Buffer.from(accumulator.root()).toString('hex')
}

function headerOf(random: Random, number: number, parentHash: Uint8Array, made: MadeBody): BlockHeader {
  const { transactionsRoot, receiptsRoot, logsBloom, gasUsed } = made
  return {
    ...{ parentHash, ommersHash: EMPTY_UNCLES, beneficiary: new Uint8Array(20).fill(random.below(20)) },
    ...{ stateRoot: random.bytes(32), transactionsRoot, receiptsRoot, logsBloom, difficulty: DIFFICULTY },
    ...{ number: BigInt(number), gasLimit: 30_000_000n, gasUsed, timestamp: 1_600_000_000n + 12n * BigInt(number) },
    ...{ extraData: new Uint8Array(8), mixHash: random.bytes(32), nonce: new Uint8Array(8) },
    baseFeePerGas: 12_000_000_000n + BigInt(number),
  }
}
