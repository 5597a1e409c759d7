import { E2StoreError } from '../../src/errors.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { toHex } from '../../src/io/bytes.ts'
import { putU32, u32 } from '../../src/io/little-endian.ts'
import { viewOf } from '../../src/io/view.ts'
import { sealBytes } from '../../src/sidecar/checksum.ts'
import { decodeHeader, HEAD_BYTES, type SidecarHeader } from '../../src/sidecar/header.ts'
import { bitmapBytes, CRC_BYTES, HEADER_AT, mapSidecar, PARTS, Region, type Span } from '../../src/sidecar/layout.ts'
import { openSidecar, type SidecarOptions } from '../../src/sidecar.ts'
import { crc32c } from '../../src/snappy/crc32c.ts'

/** Everything that a sidecar is asked for. */
export interface Lookups {
  readonly transactions: readonly Uint8Array[]
  readonly blocks: readonly Uint8Array[]
  /** Values of logs: 0 is the address, others are the position of a topic from 1 on. */
  readonly values: readonly { readonly field: number; readonly value: Uint8Array }[]
}

/** What a sidecar answers to each lookup, as text. Throws what it throws. */
export async function answers(bytes: Uint8Array, lookups: Lookups, options: SidecarOptions = {}): Promise<string[]> {
  const source = fromBytes(bytes)
  // With a small head it is read as a file is: only what is needed of a directory.
  const local = { ...source, readInto: async () => {} }
  const sidecar = await openSidecar(options.headBytes === undefined ? source : local, options)
  const { start, count, size, sha256 } = sidecar.identity
  const all = [0n, 2n ** 64n - 1n] as const
  const found = [`${start} ${count} ${size} ${toHex(sha256)} ${sidecar.hasLogs}`]
  for (const hash of lookups.transactions) {
    found.push((await sidecar.transactionCandidates(hash)).map(({ block, index }) => `${block}/${index}`).join())
  }
  for (const hash of lookups.blocks) found.push((await sidecar.blockCandidates(hash)).join())
  if (!sidecar.hasLogs) return found
  for (const { field, value } of lookups.values) {
    const topics = Array.from({ length: field }, (_, at) => (at === field - 1 ? [value] : undefined))
    const query = { topics, ...(field === 0 && { addresses: [value] }) }
    found.push((await sidecar.blocksWithLogs(query, ...all)).join())
  }
  return found
}

/** A copy of a sidecar with checksums that fit its bytes, as far as it can be followed. */
export function resealed(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice()
  if (out.length < HEAD_BYTES) return out
  putU32(out, HEAD_BYTES - CRC_BYTES, crc32c(viewOf(out), HEADER_AT, HEAD_BYTES - CRC_BYTES))
  const header = headerIn(out)
  if (header === undefined) return out
  const { parts, hotValues, identity, crc } = header
  const map = mapSidecar(parts, hotValues, identity.count)
  const seal = ({ position, length }: Span, region: number, number: number): void => {
    if (length < CRC_BYTES || position + length > out.length) return
    sealBytes(out.subarray(position, position + length), { header: crc, region, number })
  }
  for (const [i, name] of PARTS.entries()) {
    const directory = map.directories[name]
    seal(directory, Region.directories, i)
    for (let number = 0; number < 2 ** parts[name].bucketBits; number++) {
      const at = directory.position + 4 * number
      if (at + 8 > out.length) break
      const [from, to] = [u32(out, at), u32(out, at + 4)]
      if (to >= from) seal({ position: map.buckets[name].position + from, length: to - from }, Region[name], number)
    }
  }
  seal(map.hot, Region.directories, PARTS.length)
  const length = bitmapBytes(identity.count)
  for (let number = 0; number < Math.min(hotValues, 1000); number++) {
    seal({ position: map.bitmaps.position + number * length, length }, Region.bitmaps, number)
  }
  return out
}

function headerIn(bytes: Uint8Array): SidecarHeader | undefined {
  try {
    return decodeHeader(bytes.subarray(0, HEAD_BYTES))
  } catch (error) {
    if (error instanceof E2StoreError) return undefined
    throw error
  }
}
