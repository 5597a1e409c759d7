import { executionNetwork } from '../trusted/execution-network.ts'
import type { KnownBlock } from '../trusted/known-block.ts'
import { type BlockRun, checkBlocks } from './check-blocks.ts'
import { checkEras, type EraRun, type KnownEras } from './check-eras.ts'
import type { FolderFinding } from './finding.ts'
import type { HeldFile } from './held-file.ts'
import { commonNetwork, splitByNetwork } from './networks.ts'

export interface CheckFolderOptions {
  /** The network that the files must be of (default: that of most of them). */
  readonly network?: string
  /** The first era that must be there (default: the first that is there). */
  readonly from?: bigint
  /** The last era that must be there (default: the last that is there). */
  readonly to?: bigint
  /** Blocks of the network whose hashes are public knowledge (default: those that are built in). */
  readonly knownBlocks?: readonly KnownBlock[]
  /** The roots of earlier eras in the newest state. */
  readonly knownEras?: KnownEras
}

export interface FolderReport {
  /** The network that the files were expected to be of, if any shows one. */
  readonly network: string | undefined
  /** What is not as it should be; empty if all is well. */
  readonly findings: readonly FolderFinding[]
  /** Which blocks of the execution chain are there, as far as they are one chain. */
  readonly blocks: readonly BlockRun[]
  /** Which eras of the beacon chain are there. */
  readonly eras: readonly EraRun[]
}

/**
 * Check files of history as a store: what is missing between them, what is there twice, what is of another network, and
 * whether neighbours follow each other.
 *
 * Files of an execution chain (`.era1`, `.ere`, `.e2hs`) are checked as one chain, whatever their kind; `.era` files as
 * another. A file that could not be verified counts as there, by its name.
 *
 * @see docs/spec/e2store.md §10
 */
export function checkFolder(files: readonly HeldFile[], options: CheckFolderOptions = {}): FolderReport {
  const { from, to, knownBlocks, knownEras } = options
  const network = options.network ?? commonNetwork(files)
  const { own, findings } = splitByNetwork(files, network)
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const beacon = own.filter(isBeacon)
  const execution = own.filter((file) => !isBeacon(file))
  const known = knownBlocks ?? executionNetwork(network ?? '')?.knownBlocks ?? []
  const blocks = execution.length > 0 ? checkBlocks(execution, { ...range, known }) : undefined
  const eras = beacon.length > 0 ? checkEras(beacon, { ...range, known: knownEras }) : undefined
  return {
    network,
    findings: [...findings, ...(blocks?.findings ?? []), ...(eras?.findings ?? [])],
    blocks: blocks?.runs ?? [],
    eras: eras?.runs ?? [],
  }
}

function isBeacon({ content, parsed }: HeldFile): boolean {
  return content === undefined ? parsed?.kind === 'era' : content.chain === 'beacon'
}
