import { openSegment, readBlock, readBlocks } from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import { NotInFileError, openEra } from '@datastreamer/e2store'
import { blockHead, type EraBlock } from '@datastreamer/e2store/era'
import { type Block, defaultHashes } from '@datastreamer/e2store/execution'
import { toJson } from '@datastreamer/sequencer-entries'
import { UsageError } from '../errors.ts'
import { blockJson, blockLine } from '../output/block-text.ts'
import { count, hex, plural, time } from '../output/text.ts'
import { openBlocks } from './facts.ts'
import type { E2File } from './file.ts'

/** The blocks of a file as lines. */
export interface BlockLines {
  /** What blocks are looked up by. */
  readonly by: 'block' | 'slot'
  all(): AsyncIterable<string>
  /** One block without reading the rest; `undefined` if the file does not have it. */
  one(number: bigint): Promise<string | undefined>
}

/** @throws {UsageError} if files of that kind have no blocks */
export function blockLines(file: E2File, json: boolean): BlockLines {
  switch (file.kind) {
    case 'era':
      return eraLines(file, json)
    case 'era1':
    case 'ere':
    case 'e2hs':
      return executionLines(file, json)
    case 'e2ds':
      return segmentLines(file, json)
    default:
      throw new UsageError('USAGE', `${file.path}: an .${file.kind} file has no blocks to print: print its --records`)
  }
}

function eraLines({ source, reading }: E2File, json: boolean): BlockLines {
  const line = json ? beaconJson : beaconLine
  return {
    by: 'slot',
    async *all() {
      for await (const block of (await openEra(source, reading)).blocks()) yield line(block)
    },
    one: (slot) =>
      ifThere(async () => {
        const block = await (await openEra(source, reading)).block(slot)
        return block && line(block)
      }),
  }
}

function executionLines(file: E2File, json: boolean): BlockLines {
  const line = json ? executionJson : executionLine
  return {
    by: 'block',
    async *all() {
      for await (const block of (await openBlocks(file)).iterate()) yield line(block)
    },
    one: (number) => ifThere(async () => line(await (await openBlocks(file)).block(number))),
  }
}

function segmentLines({ source }: E2File, json: boolean): BlockLines {
  const line = json ? blockJson : blockLine
  return {
    by: 'block',
    async *all() {
      for await (const blocks of readBlocks(await openSegment(source, nodeCodecs))) yield* blocks.map(line)
    },
    async one(number) {
      const block = await readBlock(await openSegment(source, nodeCodecs), number)
      return block && line(block)
    },
  }
}

async function ifThere<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof NotInFileError) return undefined
    throw error
  }
}

function beaconLine({ slot, position, ssz }: EraBlock): string {
  const { proposerIndex, parentRoot, stateRoot } = blockHead(ssz, { position })
  const proposer = `proposer ${String(proposerIndex).padStart(7)}`
  return `slot ${String(slot).padStart(9)}  ${proposer}  parent ${hex(parentRoot, 8)}  state ${hex(stateRoot, 8)}  ${count(ssz.length)} B`
}

function beaconJson({ position, ssz }: EraBlock): string {
  return JSON.stringify(toJson({ ...blockHead(ssz, { position }), position, ssz }))
}

function executionLine({ number, header, headerRlp, body }: Block): string {
  const hash = hex(defaultHashes().keccak256(headerRlp), 8)
  const txs = plural(body.transactions.length, 'tx', 'txs').padStart(8)
  const uncles = body.uncles.length === 0 ? '' : `  ${plural(body.uncles.length, 'uncle')}`
  return `block ${String(number).padStart(9)}  ${time(header.timestamp)}  ${hash}  ${txs}${uncles}`
}

function executionJson({ headerRlp, ...block }: Block): string {
  return JSON.stringify(toJson({ hash: defaultHashes().keccak256(headerRlp), ...block }))
}
