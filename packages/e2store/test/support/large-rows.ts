import { decodeHeader, encodeHeader } from '../../src/execution/blocks/header.ts'
import { encodeProof } from '../../src/execution/blocks/proof.ts'
import { fromHex } from '../../src/io/bytes.ts'
import { golden } from './execution.ts'
import { someBytes } from './file-server.ts'

const genesis = decodeHeader(fromHex(golden.blocks[0]?.headerRlp ?? ''))

/** Blocks that do not compress: bodies and receipts of some ten KB, and one of each that is large. */
export const largeRows = Array.from({ length: 40 }, (_, i) => ({
  header: encodeHeader({ ...genesis, number: BigInt(i), extraData: someBytes(200, i) }),
  body: someBytes(i === 7 ? 300_000 : 20_000 + 1000 * (i % 7), 100 + i),
  receipts: someBytes(i === 9 ? 200_000 : 9000 + 1000 * (i % 5), 200 + i),
  totalDifficulty: new Uint8Array(32).fill(i),
  proof: encodeProof({ type: 0, ssz: someBytes(480, 300 + i) }),
}))
