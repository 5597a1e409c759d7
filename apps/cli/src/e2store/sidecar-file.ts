import { createHash } from 'node:crypto'
import { checkSidecar, SIDECAR_EXTENSION, type SidecarHeader } from '@datastreamer/e2store/sidecar'
import { MissingError } from '../errors.ts'
import { plural } from '../output/text.ts'
import { compareSidecar } from './compare-sidecar.ts'
import { openBlocks } from './facts.ts'
import { type E2File, withFile } from './file.ts'
import { blocksText } from './sidecar-facts.ts'
import type { Found } from './verified.ts'
import type { OnProgress } from './verifier-options.ts'

/**
 * Verify a sidecar: against its data file, which `data` names or which lies beside it, or else by itself.
 *
 * @throws {E2StoreError}
 */
export async function verifySidecarFile(
  file: E2File,
  { data, signal }: { readonly data?: string | undefined; readonly signal: AbortSignal },
  onProgress: OnProgress,
): Promise<Found> {
  const path = data ?? besideOf(file.path)
  const compared =
    path === undefined ? undefined : await compare(file, { path, signal, onProgress }, data !== undefined)
  const header = compared ?? (await checkSidecar(file.source, { signal }))
  const { identity, parts } = header
  const against = compared === undefined ? 'not compared with data' : `as the data of ${path} say`
  const text = `${blocksText(identity)}, ${plural(parts.transactions.entries, 'transaction')}, ${against}`
  const json = { dataFile: identity, transactions: parts.transactions.entries, compared: compared !== undefined }
  return { text, json }
}

interface Comparison {
  readonly path: string
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

/** Compare a sidecar with a data file; `undefined` if that is not there and need not be. */
async function compare(
  sidecar: E2File,
  { path, signal, onProgress }: Comparison,
  isRequired: boolean,
): Promise<SidecarHeader | undefined> {
  try {
    return await withFile(path, signal, async (data) =>
      compareSidecar(sidecar, await openBlocks(data), {
        sha256: createHash('sha256'),
        signal,
        onProgress: ({ blocks, totalBlocks }) => onProgress(blocks, totalBlocks),
      }),
    )
  } catch (error) {
    if (error instanceof MissingError && !isRequired) return undefined
    throw error
  }
}

function besideOf(path: string): string | undefined {
  return path.endsWith(SIDECAR_EXTENSION) ? path.slice(0, -SIDECAR_EXTENSION.length) : undefined
}
