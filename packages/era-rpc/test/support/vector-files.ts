import { fromBytes, openEra1, openEre, toBytes } from '@datastreamer/e2store'
import { type BlockArchive, type BlockSource, writeEre } from '@datastreamer/e2store/execution'
import { readVector } from '@datastreamer/fixtures'

/** A call, and its right result. */
export interface Golden {
  readonly method: string
  readonly params: readonly unknown[]
  readonly result: unknown
}

/** The lines of a file of JSON. */
export function jsonLines<T>(...path: readonly string[]): readonly T[] {
  const lines = Buffer.from(readVector(...path))
    .toString()
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as T)
}

/** A packed `.era1` file, open. */
export async function era1Vector(...path: readonly string[]): Promise<BlockArchive> {
  return openEra1(fromBytes(readVector(...path)))
}

interface RawBlock {
  readonly number: number
  readonly header: string
  readonly body: string
  /** Slim. */
  readonly receipts: string
}

/** Some real blocks that do not follow each other, each in an `.ere` file of its own. */
export async function realBlocks(): Promise<readonly BlockArchive[]> {
  const text = Buffer.from(readVector('rpc', 'mainnet-real-blocks.input.json.gz')).toString()
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
  return Promise.all(
    (JSON.parse(text) as RawBlock[]).map(async ({ number, header, body, receipts }) => {
      const row = { header: bytes(header), body: bytes(body), receipts: bytes(receipts) }
      const source: BlockSource = { start: BigInt(number), read: () => [row] }
      const sink = toBytes()
      await writeEre(sink, source, { columns: ['receipts'] })
      return openEre(fromBytes(sink.bytes()))
    }),
  )
}
