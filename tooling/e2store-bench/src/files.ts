import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { toBytes } from '@datastreamer/e2store'
import {
  type BlockHeader,
  defaultHashes,
  EMPTY_TRIE_ROOT,
  encodeHeader,
  uint256Bytes,
  writeEra1,
} from '@datastreamer/e2store/execution'
import { hasVectors, readVector } from '@datastreamer/fixtures'

const BLOCKS = 8192
const DIFFICULTY = 1_000_000n
const EMPTY_BODY = Uint8Array.of(0xc2, 0xc0, 0xc0)
const EMPTY_RECEIPTS = Uint8Array.of(0xc0)
const EMPTY_OMMERS = '1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347'

/** The file that is measured: recorded where there is one, else made of as many blocks. */
export async function mainFile(path: string): Promise<string> {
  if (hasVectors('e2store/real')) {
    writeFileSync(path, readVector('e2store', 'real', 'mainnet-00000-5ec1ffb8.era1.gz'))
    return 'mainnet-00000-5ec1ffb8.era1'
  }
  await writeMadeUp(path, 32)
  return 'a made-up .era1 of 8192 empty blocks'
}

/** A file of 8192 blocks whose headers have so many bytes that do not compress. */
export async function writeMadeUp(path: string, extraBytes: number): Promise<void> {
  const sink = toBytes()
  await writeEra1(sink, { start: 0n, read: () => emptyBlocks(0n, BLOCKS, extraBytes) })
  writeFileSync(path, sink.bytes())
}

/** The records of blocks without transactions, each the parent of the next. */
export function* emptyBlocks(from: bigint, count: number, extraBytes = 32): Generator<Record<string, Uint8Array>> {
  const { keccak256 } = defaultHashes()
  let parentHash: Uint8Array = new Uint8Array(32)
  for (let i = 0; i < count; i++) {
    const header = encodeHeader(madeUpHeader(from + BigInt(i), parentHash, extraBytes))
    parentHash = keccak256(header)
    const totalDifficulty = uint256Bytes(DIFFICULTY * BigInt(i + 1))
    yield { header, body: EMPTY_BODY, receipts: EMPTY_RECEIPTS, totalDifficulty }
  }
}

function madeUpHeader(number: bigint, parentHash: Uint8Array, extraBytes: number): BlockHeader {
  return {
    parentHash,
    ommersHash: Uint8Array.from(Buffer.from(EMPTY_OMMERS, 'hex')),
    beneficiary: randomBytes(20),
    stateRoot: randomBytes(32),
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: DIFFICULTY,
    number,
    gasLimit: 5000n,
    gasUsed: 0n,
    timestamp: 1_438_269_973n + 15n * number,
    extraData: randomBytes(extraBytes),
    mixHash: randomBytes(32),
    nonce: randomBytes(8),
  }
}
