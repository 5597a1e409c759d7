import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eraNameOf } from '../../src/era.ts'
import { fromBytes, openEra } from '../../src/index.ts'
import { tinyChain } from './tiny-chain.ts'

/** Files of history by name, in the order of their numbers. */
export type HistoryFiles = ReadonlyMap<string, Uint8Array>

/** Eras 0 to `last` of a tiny chain under their names. */
export async function eraFiles(last: number): Promise<HistoryFiles> {
  const { files } = await tinyChain(last, (slot) => slot % 7 === 3)
  const named = files.map(async (bytes) => [await eraNameOf(await openEra(fromBytes(bytes)), 'tiny'), bytes] as const)
  return new Map(await Promise.all(named))
}

/** Write files into a folder, which is made. */
export function writeFolder(folder: string, files: HistoryFiles): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A list as `sha256sum` makes it. */
export function checksumList(files: HistoryFiles): string {
  return [...files].map(([name, bytes]) => `${sha256Of(bytes)}  ${name}\n`).join('')
}

/** The file with one bit changed: of the checksum of what its first record holds. */
export function flipped(bytes: Uint8Array, at = 30): Uint8Array {
  const copy = bytes.slice()
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
