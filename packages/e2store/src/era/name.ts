import { toHex } from '../io/bytes.ts'
import { checkNamePart, isNamePart } from '../io/name-part.ts'
import type { EraFile } from './era-file.ts'
import { eraRoot } from './roots.ts'

/** The parts of an `.era` file's name. */
export interface EraName {
  /** Name of the network's configuration, like `mainnet`. */
  readonly config: string
  /** The lowest era in the file. */
  readonly era: bigint
  /** First four bytes of the root of the highest era in the file, in hex. */
  readonly root: string
}

/**
 * The conventional name of an era file.
 *
 * @throws {RangeError} the configuration's name has slashes or control characters
 * @see docs/spec/e2store.md §7.4
 */
export function formatEraName({ config, era, root }: EraName): string {
  return `${checkNamePart(config)}-${era.toString().padStart(5, '0')}-${root.slice(0, 8)}.era`
}

/** The parts of a conventional name, or `undefined` for any other. */
export function parseEraName(name: string): EraName | undefined {
  const [, config, era, root] = /^(.+)-(\d{5,20})-([0-9a-f]{8})\.era$/.exec(name) ?? []
  return config && isNamePart(config) && era && root ? { config, era: BigInt(era), root } : undefined
}

/** The parts of a name by the conventions of 2021 and 2022. */
export interface LegacyEraName {
  readonly config: string
  /** The first era in the file. */
  readonly era: bigint
  readonly count: bigint
  /** Absent from names of 2021. */
  readonly root?: string
}

/**
 * The parts of a name by one of the earlier conventions: `eth2-<network>-<era>-<count>` in hex, or
 * `<config>-<last era>-<count>-<root>`. A current name may have the second form too, so try {@link parseEraName} first.
 *
 * @see docs/spec/e2store.md §7.6
 */
export function parseLegacyEraName(name: string): LegacyEraName | undefined {
  const [, network, first, total] = /^eth2-(.+)-([0-9a-f]{8})-([0-9a-f]{8})\.era$/.exec(name) ?? []
  if (network && isNamePart(network) && first && total)
    return { config: network, era: BigInt(`0x${first}`), count: BigInt(`0x${total}`) }
  const [, config, last, count, root] = /^(.+)-(\d{5,20})-(\d{5,20})-([0-9a-f]{8})\.era$/.exec(name) ?? []
  if (!(config && isNamePart(config) && last && count && root)) return undefined
  return { config, era: BigInt(last) - BigInt(count) + 1n, count: BigInt(count), root }
}

/** The name that fits a file's content; reads the start of its last state. */
export async function eraNameOf(file: EraFile, config: string): Promise<string> {
  const [first] = file.groups
  const last = file.groups.at(-1)
  if (!first || !last) throw new RangeError('an era file has at least one group')
  const root = toHex(eraRoot(last.era, await file.stateHead(last)))
  return formatEraName({ config, era: first.era, root })
}
