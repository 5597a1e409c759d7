import { join } from 'node:path'
import { openEra } from '../era/era-file.ts'
import { verifyEra } from '../era/verify-era.ts'
import { VerificationError } from '../errors.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import { headerRlpOf } from '../execution/archive/block.ts'
import { openE2hs } from '../execution/e2hs/open.ts'
import { openEra1 } from '../execution/era1/open.ts'
import { openEre } from '../execution/ere/open.ts'
import { verifyArchive } from '../execution/verify/verify.ts'
import { defaultHashes } from '../hash/hashes.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { equalBytes, fromHex, toHex } from '../io/bytes.ts'
import { openFile } from '../node/file-source.ts'
import { verifySidecar } from '../sidecar/verify.ts'
import type { SnappyCodec } from '../snappy/codec.ts'
import { executionNetwork } from '../trusted/execution-network.ts'
import { knownTrust } from '../trusted/known-trust.ts'
import { beaconNetwork } from '../verify-era/network.ts'
import type { HistoryName } from './history-name.ts'

export interface CheckContentOptions {
  /** Decompresses (default: portable; `nativeSnappy()` is faster). */
  readonly codec?: SnappyCodec | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Verify a file: of one of history the content against itself, its name, and the roots that are built in for the network
 * in its name; a sidecar against the file that it is of,
 * which is in the folder: it is built again and compared.
 *
 * @param path where it is, which may be another name than its own
 * @throws {VerificationError} @throws {E2FormatError} @throws {StaleSidecarError}
 */
export async function checkContent(
  path: string,
  { name, history }: { readonly name: string; readonly history: HistoryName },
  folder: string,
  options: CheckContentOptions = {},
): Promise<void> {
  if (name === history.name) return checkHistory(path, history, options)
  await using source = await openFile(path)
  await using data = await openFile(join(folder, history.name))
  const { codec, signal } = options
  const archive = await openArchive(data, history, codec ? { codec } : {})
  await verifySidecar(source, archive, signal ? { signal } : {})
}

async function checkHistory(path: string, history: HistoryName, { codec, signal }: CheckContentOptions): Promise<void> {
  await using source = await openFile(path)
  const stop = signal === undefined ? {} : { signal }
  const { name } = history
  if (history.kind === 'era') {
    const genesis = beaconNetwork(history.network)
    const root = genesis && { genesisValidatorsRoot: fromHex(genesis.genesisValidatorsRoot) }
    await verifyEra(await openEra(source, codec ? { codec } : {}), { name, ...root, ...stop })
  } else {
    const archive = await openArchive(source, history, codec ? { codec } : {})
    const report = await verifyArchive(archive, { name, ...stop })
    const known = await knownTrust(report, history.network)
    if (known.is === 'different') throw new VerificationError('WRONG_ROOT', `of another network: ${known.message}`, 0)
    await checkGenesis(archive, history)
  }
}

/** Block 0 must be that of the network in the name, if that is known. @throws {VerificationError} `WRONG_NETWORK` */
async function checkGenesis(archive: BlockArchive, { network }: HistoryName): Promise<void> {
  const { genesisHash } = executionNetwork(network) ?? {}
  if (genesisHash === undefined || archive.start !== 0n) return
  const { header = new Uint8Array(0), positions } = await archive.payloads(0n, ['header'])
  const hash = defaultHashes().keccak256(headerRlpOf(archive.kind, header))
  if (equalBytes(hash, genesisHash)) return
  const message = `block 0 has hash ${toHex(hash)}, that of ${network} is ${toHex(genesisHash)}`
  throw new VerificationError('WRONG_NETWORK', message, positions.header ?? 0)
}

/** Open a file of blocks by the kind in its name. */
export function openArchive(
  source: ByteSource,
  { kind }: HistoryName,
  options: { readonly codec?: SnappyCodec },
): Promise<BlockArchive> {
  if (kind === 'era1') return openEra1(source, options)
  return kind === 'e2hs' ? openE2hs(source, options) : openEre(source, options)
}
