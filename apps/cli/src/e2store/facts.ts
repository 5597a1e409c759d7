import { openSegment } from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import { type ByteSource, openE2hs, openE2ss, openEra, openEra1, openEre } from '@datastreamer/e2store'
import type { EraFile } from '@datastreamer/e2store/era'
import { archiveIdentity, type BlockArchive } from '@datastreamer/e2store/execution'
import { readE2i } from '@datastreamer/e2store/index'
import { WrongFileError } from '../errors.ts'
import { count, hex, plural } from '../output/text.ts'
import type { E2File } from './file.ts'
import { checkArchiveName, checkEraName, checkSnapshotName, type NameCheck } from './names.ts'
import { networkOf } from './networks.ts'
import { segmentFacts } from './segment-facts.ts'
import { sidecarFacts } from './sidecar-facts.ts'

/** What is known of a file, for people and as JSON. */
export interface Facts {
  readonly name: NameCheck
  readonly rows: readonly (readonly [name: string, value: string])[]
  readonly json: Readonly<Record<string, unknown>>
}

export interface FactsOptions {
  /** The file that an `.e2i` is the index of. */
  readonly data?: ByteSource | undefined
}

/** The facts of a file of any kind, reading as little of it as possible. @throws {E2StoreError} */
export async function factsOf(file: E2File, { data }: FactsOptions = {}): Promise<Facts> {
  const { source, name, kind, reading } = file
  switch (kind) {
    case 'era':
      return eraFacts(name, await openEra(source, reading))
    case 'era1':
    case 'ere':
    case 'e2hs':
      return blockFacts(name, await openBlocks(file))
    case 'e2ss':
      return snapshotFacts(name, source)
    case 'e2i':
      return indexFacts(source, data)
    case 'idx':
      return sidecarFacts(name, source)
    case 'e2ds':
      return segmentFacts(name, await openSegment(source, nodeCodecs))
    case 'e2s':
      return { name: { result: 'unconventional' }, rows: [], json: {} }
  }
}

/**
 * Open a file of one of the kinds that hold execution blocks.
 *
 * @throws {E2StoreError} @throws {WrongFileError} it is of another kind
 */
export async function openBlocks({ source, path, kind, reading }: E2File): Promise<BlockArchive> {
  if (kind === 'era1') return openEra1(source, reading)
  if (kind === 'ere') return openEre(source, reading)
  if (kind === 'e2hs') return openE2hs(source, reading)
  const message = `${path}: an .${kind} file has no execution blocks, expected .era1, .ere or .e2hs`
  throw new WrongFileError('WRONG_FILE', message)
}

async function eraFacts(name: string, era: EraFile): Promise<Facts> {
  const groups = era.groups.map((group) => ({
    era: group.era,
    start: group.start,
    end: group.end,
    firstSlot: group.stateSlot - BigInt(group.slotsPerEra),
    stateSlot: group.stateSlot,
    slots: group.slotsPerEra,
  }))
  const [first] = era.groups
  const last = era.groups.at(-1)
  const head = last && (await era.stateHead(last))
  const network = head && networkOf(head.genesisValidatorsRoot)
  const rows: [string, string][] = groups.map((group) => [
    `era ${group.era}`,
    `${group.slots === 0 ? 'genesis' : `slots ${group.firstSlot} to ${group.stateSlot - 1n}`}, state of slot ${group.stateSlot}, bytes ${count(group.start)} to ${count(group.end)}`,
  ])
  return {
    name: await checkEraName(name, era),
    rows: [
      ['eras', `${first?.era} to ${last?.era}`],
      ['network', network?.config ?? `unknown, validators ${hex(head?.genesisValidatorsRoot ?? NO_BYTES, 8)}`],
      ...rows,
    ],
    json: { network: network?.config ?? null, genesisValidatorsRoot: head?.genesisValidatorsRoot, groups },
  }
}

async function blockFacts(name: string, archive: BlockArchive): Promise<Facts> {
  const { start, count: blocks, columns, accumulator, layout, deviations } = archive
  const { era, id } = await archiveIdentity(archive)
  const last = start + BigInt(blocks) - 1n
  const rows: [string, string][] = [
    ['blocks', `${start} to ${last} (${count(blocks)})`],
    ['file number', String(era)],
    ['of each block', columns.join(', ')],
    ['index', `${plural(blocks, 'row')} at ${count(layout.indexPosition)}`],
  ]
  if (accumulator !== undefined) rows.push(['accumulator', hex(accumulator)])
  for (const { message } of deviations) rows.push(['deviation', message])
  const json = { firstBlock: start, lastBlock: last, blocks, era, id, columns, accumulator }
  return {
    name: await checkArchiveName(name, archive),
    rows,
    json: { ...json, indexPosition: layout.indexPosition, deviations },
  }
}

async function snapshotFacts(name: string, source: ByteSource): Promise<Facts> {
  const snapshot = await openE2ss(source)
  const { number, stateRoot, timestamp } = snapshot.header
  return {
    name: checkSnapshotName(name, snapshot),
    rows: [
      ['block', String(number)],
      ['state root', hex(stateRoot)],
    ],
    json: { block: number, stateRoot, timestamp },
  }
}

async function indexFacts(source: ByteSource, data: ByteSource | undefined): Promise<Facts> {
  // Without its data file, only differences of positions are known, for which any size will do.
  const { generation, startSlot, targets } = await readE2i(source, data ? { data } : { dataSize: 2 ** 52 })
  const empty = targets.filter((target) => target === undefined).length
  const last = startSlot + BigInt(targets.length) - 1n
  const layout = data === undefined && generation < 2 ? '1 or 0: only the indexed file shows which' : String(generation)
  return {
    name: { result: 'unconventional' },
    rows: [
      ['layout', layout],
      ['slots', `${startSlot} to ${last} (${count(targets.length)}), ${count(empty)} of them empty`],
    ],
    json: { layout: generation, firstSlot: startSlot, lastSlot: last, slots: targets.length, emptySlots: empty },
  }
}

const NO_BYTES = new Uint8Array(0)
