import { encodeSequencerEntry } from './codec.ts'
import { BatchType, BookmarkType } from './gen/datastream/v1/datastream_pb.ts'
import type { SequencerEntryInit, Transaction } from './model.ts'
import { Random } from './random.ts'
import { rlpList } from './rlp.ts'
import { NO_BYTES } from './values.ts'

export interface GenerateStreamOptions {
  /** u64: the same seed gives the same bytes. By default 1. */
  readonly seed?: bigint | undefined
  /** How many blocks; without it the stream never ends. */
  readonly blocks?: bigint | undefined
  /** Number of the first block, by default 0; the stream goes on as if the blocks before had been given. */
  readonly firstBlock?: bigint | undefined
  /** By default 1101. */
  readonly chainId?: bigint | undefined
  /** By default 9. */
  readonly forkId?: bigint | undefined
  /** Seconds since 1970 of block 0, by default 1,700,000,000. */
  readonly genesisTimestamp?: bigint | undefined
  /** u32: seconds from block to block, by default 2. */
  readonly blockSeconds?: number | undefined
}

/** What a sequencer commits at once: entries in order; those of type 0xb0 are bookmarks. */
export type Operation = readonly { readonly type: number; readonly data: Uint8Array }[]

/** What random numbers are drawn for, so that each is its own sequence. */
const LAYOUT = 1n
const BLOCK = 2n
const STATE_ROOT = 3n
const CHAIN = 4n

/** Batches whose sizes are drawn; then the sizes come again. */
const CYCLE = 16

/**
 * A valid zkEVM stream of generation `protobuf`, made up from a seed: one operation a block, with the batch entries
 * around it. Batches have 1 to 8 blocks, blocks 0 to 24 transactions of 100 bytes to 24 kB, in valid RLP but with made
 * up signatures. Each block depends on the seed and its number only, so a stream can be taken up anywhere.
 *
 * @throws {RangeError} if an option does not fit
 */
export function* generateStream({
  seed = 1n,
  blocks,
  firstBlock = 0n,
  chainId = 1101n,
  forkId = 9n,
  genesisTimestamp = 1_700_000_000n,
  blockSeconds = 2,
}: GenerateStreamOptions = {}): Generator<Operation, void, void> {
  const ends = batchEnds(seed)
  const chain = new Random(seed, CHAIN)
  const coinbase = chain.bytes(20)
  for (let number = firstBlock; blocks === undefined || number < firstBlock + blocks; number++) {
    const { batch, opens, closes } = batchOf(number, ends)
    const random = new Random(seed, BLOCK, number)
    const stateRoot = stateRootOf(seed, number)
    const entries: SequencerEntryInit[] = []
    if (opens) {
      entries.push({ kind: 'bookmark', type: BookmarkType.BATCH, value: batch })
      entries.push({ kind: 'batchStart', number: batch, type: BatchType.REGULAR, forkId, chainId })
    }
    entries.push({ kind: 'bookmark', type: BookmarkType.L2_BLOCK, value: number })
    entries.push({
      kind: 'l2Block',
      number,
      batchNumber: batch,
      timestamp: genesisTimestamp + number * BigInt(blockSeconds),
      deltaTimestamp: number === 0n ? 0 : blockSeconds,
      l1Blockhash: random.bytes(32),
      l1InfotreeIndex: Number(batch & 0xffff_ffffn),
      hash: random.bytes(32),
      stateRoot,
      globalExitRoot: random.bytes(32),
      coinbase,
      blockGasLimit: 1n << 50n,
      blockInfoRoot: random.bytes(32),
      baseFee: random.between(0, 3) === 0 ? NO_BYTES : random.bytes(4),
    })
    entries.push(...transactions(random, number, stateRoot, chainId))
    entries.push({ kind: 'l2BlockEnd', number })
    if (closes) entries.push({ kind: 'batchEnd', number: batch, localExitRoot: random.bytes(32), stateRoot })
    yield entries.map((entry) => encodeSequencerEntry(entry, 'protobuf'))
  }
}

/** Block number, from 0, after the last block of each batch of a cycle. */
function batchEnds(seed: bigint): readonly bigint[] {
  const random = new Random(seed, LAYOUT)
  const ends: bigint[] = []
  for (let i = 0, end = 0; i < CYCLE; i++) {
    end += random.between(1, 8)
    ends.push(BigInt(end))
  }
  return ends
}

/** The batch of a block, and whether the block is its first or last. */
function batchOf(
  number: bigint,
  ends: readonly bigint[],
): { readonly batch: bigint; readonly opens: boolean; readonly closes: boolean } {
  const cycleBlocks = ends.at(-1) ?? 1n
  const inCycle = number % cycleBlocks
  const index = ends.findIndex((end) => inCycle < end)
  return {
    batch: (number / cycleBlocks) * BigInt(ends.length) + BigInt(index),
    opens: inCycle === (index === 0 ? 0n : ends[index - 1]),
    closes: inCycle + 1n === ends[index],
  }
}

function stateRootOf(seed: bigint, number: bigint): Uint8Array {
  return new Random(seed, STATE_ROOT, number).bytes(32)
}

function transactions(
  random: Random,
  l2blockNumber: bigint,
  stateRoot: Uint8Array,
  chainId: bigint,
): (Partial<Transaction> & { readonly kind: 'transaction' })[] {
  const crowded = random.between(0, 15) === 0
  const count = random.between(0, crowded ? 24 : 3)
  return Array.from({ length: count }, (_, index) => ({
    kind: 'transaction',
    l2blockNumber,
    index: BigInt(index),
    isValid: random.between(0, 63) !== 0,
    encoded: legacyTransaction(random, chainId),
    effectiveGasPricePercentage: random.between(0, 255),
    imStateRoot: index === count - 1 ? stateRoot : random.bytes(32),
  }))
}

/** RLP of nonce, gas price, gas, to, value, data, v, r, s; mostly transfers and calls, now and then a deployment. */
function legacyTransaction(random: Random, chainId: bigint): Uint8Array {
  const kind = random.between(0, 31)
  const deploys = kind === 0
  const dataBytes = deploys ? random.between(2_000, 24_000) : kind < 12 ? 0 : random.between(4, 600)
  return rlpList([
    BigInt(random.between(0, 5_000)),
    BigInt(random.between(1_000_000, 4_000_000_000)),
    BigInt(random.between(21_000, 5_000_000)),
    deploys ? NO_BYTES : random.bytes(20),
    random.next(),
    random.bytes(dataBytes),
    chainId * 2n + 35n + BigInt(random.between(0, 1)),
    random.bytes(32),
    random.bytes(32),
  ])
}
