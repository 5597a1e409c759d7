import { openEra } from '@datastreamer/e2store'
import {
  checkFolder,
  type FolderReport,
  type HeldFile,
  type KnownEras,
  parseHistoryFileName,
} from '@datastreamer/e2store/folder'
import { readStateHistory, type StateHistory } from '@datastreamer/e2store/trusted'
import type { BeaconNetwork } from '@datastreamer/e2store/verify-era'
import { type ReadingOptions, withFile } from './file.ts'
import type { Input } from './inputs.ts'
import { networkOf } from './networks.ts'
import type { Verified } from './verify-file.ts'

export interface FolderOptions extends ReadingOptions {
  readonly network?: BeaconNetwork | undefined
  /** The first and last era that must be there. */
  readonly from?: bigint
  readonly to?: bigint
  /** What a trusted state knows of the eras before it, and its name. */
  readonly history?: { readonly name: string; readonly of: StateHistory } | undefined
}

/** Collects what was found in files, to compare them with each other. */
export class FolderCheck {
  readonly #options: FolderOptions
  readonly #files: HeldFile[] = []
  /** Beacon eras by the last era in their files. */
  readonly #eras: { readonly path: string; readonly last: bigint }[] = []

  constructor(options: FolderOptions) {
    this.#options = options
  }

  add({ path, shown, name }: Input, result: Verified | Error): void {
    const parsed = parseHistoryFileName(name)
    const found = result instanceof Error ? undefined : result
    if (parsed === undefined && found?.held === undefined) return
    const { held, network } = found ?? {}
    this.#files.push({ name: shown, parsed, content: held, ...(network !== undefined && { network }) })
    if (held?.chain === 'beacon') this.#eras.push({ path, last: held.eras.at(-1) ?? 0n })
  }

  /** Compare them; nothing if there are no two files of history, and no range or network is expected. */
  async report(signal: AbortSignal): Promise<FolderReport | undefined> {
    const { from, to, network } = this.#options
    const isExpected = from !== undefined || to !== undefined || network !== undefined
    if (this.#files.length < (isExpected ? 1 : 2)) return undefined
    const knownEras = await this.#knownEras(signal)
    return checkFolder(this.#files, {
      ...(network && { network: network.config }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(knownEras && { knownEras }),
    })
  }

  /** The roots of earlier eras: in the trusted state, or in the newest one that is there, if there is one only. */
  async #knownEras(signal: AbortSignal): Promise<KnownEras | undefined> {
    const { history } = this.#options
    if (history !== undefined) return { name: history.name, root: (era) => history.of.eraRoot(era) }
    let newest: { readonly path: string; readonly last: bigint } | undefined
    for (const each of this.#eras) if (newest === undefined || each.last > newest.last) newest = each
    const isOnly = this.#eras.filter(({ last }) => last === newest?.last).length === 1
    if (newest === undefined || !isOnly || this.#eras.length < 2) return undefined
    const { path } = newest
    const found = await readHistory(path, this.#options, signal)
    return found && { name: path, root: (era) => found.eraRoot(era) }
  }
}

/**
 * What the last state of an `.era` knows of the eras before it; `undefined` if its network is not known.
 *
 * @throws {FileError}
 */
export async function readHistory(
  path: string,
  { network, ...reading }: ReadingOptions & { readonly network?: BeaconNetwork | undefined },
  signal: AbortSignal,
): Promise<StateHistory | undefined> {
  return withFile(
    path,
    signal,
    async ({ source, reading: options }) => {
      const era = await openEra(source, options)
      const last = era.groups.at(-1)
      const known = network ?? (last && networkOf((await era.stateHead(last)).genesisValidatorsRoot))
      return known && readStateHistory(era, known)
    },
    reading,
  )
}
