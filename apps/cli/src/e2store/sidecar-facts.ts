import type { ByteSource } from '@datastreamer/e2store'
import { openSidecar, SIDECAR_EXTENSION, type SidecarHeader, type SidecarIdentity } from '@datastreamer/e2store/sidecar'
import { count, hex, plural } from '../output/text.ts'
import type { NameCheck } from './names.ts'

/** What the header of a sidecar says, for people and as JSON. */
export interface SidecarFacts {
  readonly name: NameCheck
  readonly rows: readonly (readonly [name: string, value: string])[]
  readonly json: Readonly<Record<string, unknown>>
}

/** The facts of a sidecar, by its header. @throws {E2StoreError} */
export async function sidecarFacts(name: string, source: ByteSource): Promise<SidecarFacts> {
  const { header } = await openSidecar(source)
  const { identity, hasLogs, parts, hotValues } = header
  return {
    name: { result: name.endsWith(SIDECAR_EXTENSION) ? 'fits' : 'unconventional' },
    rows: [
      ['index of', `a file of ${plural(identity.size, 'byte')}, .${identity.kind}`],
      ['sha-256', hex(identity.sha256, 32)],
      ['range', blocksText(identity)],
      ['transactions', `${count(parts.transactions.entries)}, ${plural(parts.transactions.bytes, 'byte')}`],
      ['logs', hasLogs ? logsText(header) : 'none: the file has no receipts'],
    ],
    json: { dataFile: identity, hasLogs, parts, bitmaps: hotValues },
  }
}

/** The blocks of the data file. */
export function blocksText({ start, count: blocks }: SidecarIdentity): string {
  return `blocks ${start} to ${start + BigInt(blocks) - 1n}`
}

function logsText({ parts, hotValues }: SidecarHeader): string {
  const { entries, bytes } = parts.logs
  return `${plural(entries, 'value')} in blocks, ${plural(bytes, 'byte')}; ${plural(hotValues, 'bitmap')}`
}
