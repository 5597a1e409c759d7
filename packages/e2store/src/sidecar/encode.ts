import { concatBytes } from '../io/bytes.ts'
import { putU32, u32 } from '../io/little-endian.ts'
import { encodeRecordHeader } from '../records/record.ts'
import { sealBytes } from './checksum.ts'
import { encodeHeader, HEAD_BYTES, type SidecarIdentity } from './header.ts'
import { CRC_BYTES, PARTS, type PartName, Region, SidecarRecord } from './layout.ts'
import type { HotValue } from './log-part.ts'
import { directoryOf, type PackedPart } from './pack.ts'

/** All that a sidecar holds. */
export interface SidecarContent extends Readonly<Record<PartName, PackedPart>> {
  readonly identity: SidecarIdentity
  readonly hasLogs: boolean
  readonly hot: readonly HotValue[]
}

/** The bytes of a sidecar. Writes checksums into the buckets. */
export function encodeSidecar(content: SidecarContent): Uint8Array {
  const { identity, hasLogs, hot, blocks, transactions, logs } = content
  const parts = { blocks: blocks.shape, transactions: transactions.shape, logs: logs.shape }
  const head = encodeHeader({ identity, hasLogs, parts, hotValues: hot.length })
  const header = u32(head, HEAD_BYTES - CRC_BYTES)
  const directories = [...PARTS.map((name) => directoryOf(content[name].starts)), hotDirectory(hot)]
  for (const [number, directory] of directories.entries()) {
    sealBytes(directory, { header, region: Region.directories, number })
  }
  for (const name of PARTS) {
    const { buckets, starts } = content[name]
    for (let number = 0; number + 1 < starts.length; number++) {
      sealBytes(buckets.subarray(starts[number], starts[number + 1]), { header, region: Region[name], number })
    }
  }
  const bitmaps = hot.map(({ bitmap }, number) => {
    const out = new Uint8Array(bitmap.length + CRC_BYTES)
    out.set(bitmap)
    sealBytes(out, { header, region: Region.bitmaps, number })
    return out
  })
  return concatBytes([
    head,
    ...record(SidecarRecord.Directories, directories),
    ...record(SidecarRecord.Blocks, [blocks.buckets]),
    ...record(SidecarRecord.Transactions, [transactions.buckets]),
    ...record(SidecarRecord.Logs, [logs.buckets]),
    ...record(SidecarRecord.Bitmaps, bitmaps),
  ])
}

/** The hashes of values with bitmaps, and room for a checksum. */
function hotDirectory(hot: readonly HotValue[]): Uint8Array {
  const out = new Uint8Array(4 * hot.length + CRC_BYTES)
  for (const [i, { hash }] of hot.entries()) putU32(out, 4 * i, hash)
  return out
}

function record(type: number, data: readonly Uint8Array[]): Uint8Array[] {
  return [
    encodeRecordHeader(
      type,
      data.reduce((sum, { length }) => sum + length, 0),
    ),
    ...data,
  ]
}
