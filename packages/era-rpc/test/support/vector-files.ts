import { toBytes } from '@datastreamer/e2store'
import { type BlockSource, formatExecutionArchiveName, writeEre } from '@datastreamer/e2store/execution'
import { readVector } from '@datastreamer/fixtures'
import type { Files } from './file-history.ts'

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

/** Goldens of a made-up file are named after this. */
export const MADE_UP = 'made-up-mainnet-01586-a26152e4.era1'
/** Blocks in that file. */
export const MADE_UP_BLOCKS = 400
export const SEPOLIA = 'sepolia-00021-b8814b14.era1'

export async function madeUp(): Promise<Files> {
  return { 'mainnet-01586-a26152e4.era1': readVector('rpc', `${MADE_UP}.gz`) }
}

/** A file that others published. */
export async function real(name: string): Promise<Files> {
  return { [name]: readVector('e2store', 'real', `${name}.gz`) }
}

/** Some real blocks that do not follow each other, each in an `.ere` file of its own: the files by their names. */
export async function realBlocks(): Promise<Files> {
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
