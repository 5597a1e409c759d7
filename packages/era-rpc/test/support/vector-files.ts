import { toBytes } from '@datastreamer/e2store'
import { type BlockSource, formatExecutionArchiveName, writeEre } from '@datastreamer/e2store/execution'
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

interface RawBlock {
  readonly number: number
  readonly header: string
  readonly body: string
  /** Slim. */
  readonly receipts: string
}

/** Some real blocks that do not follow each other, each in an `.ere` file of its own: the files by their names. */
export async function realBlocks(): Promise<Readonly<Record<string, Uint8Array>>> {
  const text = Buffer.from(readVector('rpc', 'mainnet-real-blocks.input.json.gz')).toString()
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
  const files: Record<string, Uint8Array> = {}
  for (const { number, header, body, receipts } of JSON.parse(text) as RawBlock[]) {
    const row = { header: bytes(header), body: bytes(body), receipts: bytes(receipts) }
    const source: BlockSource = { start: BigInt(number), read: () => [row] }
    const sink = toBytes()
    const { identity } = await writeEre(sink, source, { columns: ['receipts'] })
    files[formatExecutionArchiveName({ ...identity, network: 'mainnet' })] = sink.bytes()
  }
  return files
}
