import { beforeAll, expect, test } from 'vitest'
import { type HistoryOptions, openHistory, type TrustedRoots } from '../src/index.ts'
import {
  accumulatorRoot,
  type FileShape,
  type MadeBlock,
  type MadeFile,
  madeChain,
  madeFile,
} from './support/made-up-chain.ts'
import { madeSidecar } from './support/made-up-sidecar.ts'
import { memoryLocation } from './support/memory-location.ts'

/** A file in the middle of a history, whose blocks nothing else reads, of the true chain and of another one. */
const SHAPES: readonly FileShape[] = ['era1', 'ere', 'ere-noproofs', 'ere-bare']
let blocks: MadeBlock[]
let foreign: MadeBlock[]
let next: MadeBlock[]
let roots: TrustedRoots

beforeAll(() => {
  blocks = madeChain({ from: 8192n, count: 12, seed: 11 })
  foreign = madeChain({ from: 8192n, count: 12, seed: 12 })
  next = madeChain({ from: 16_384n, count: 2, seed: 13, parent: blocks.at(-1) })
  const accumulators = [undefined, accumulatorRoot(blocks), accumulatorRoot(next)]
  const known = [blocks, next].map((chain) => chain.at(-1) as MadeBlock)
  roots = { accumulator: (_, era) => accumulators[era], blocks: () => known }
})

/** Whether a search for what no block has finds that out, or fails. */
async function search(files: readonly MadeFile[], options: HistoryOptions): Promise<'nothing' | 'refused'> {
  await using history = await openHistory([memoryLocation([...files])], options)
  const found: unknown[] = []
  try {
    const address = new Uint8Array(20).fill(0xee)
    for await (const each of history.logs({ from: 8192n, to: 8203n, addresses: [address], topics: [] }))
      found.push(each)
  } catch {
    return 'refused'
  }
  expect(found).toEqual([])
  return 'nothing'
}

async function withSidecars(shape: FileShape, ...chains: readonly MadeBlock[][]): Promise<MadeFile[]> {
  const files = await Promise.all(chains.map((chain) => madeFile(chain, shape)))
  return [...files, ...(await Promise.all(files.map(madeSidecar)))]
}

test.each(SHAPES)(
  'a sidecar of a file that contradicts trusted roots does not say that there are no logs: %s',
  async (shape) => {
    const files = await withSidecars(shape, foreign, next)
    expect(await search(files, { trustedRoots: roots })).toBe('refused')
    expect(await search(files, { trustedRoots: roots, trust: 'require' })).toBe('refused')
    const rest = { accumulator: roots.accumulator?.bind(roots) } as TrustedRoots
    if (shape !== 'ere-bare') expect(await search(files, { trustedRoots: rest })).toBe('refused')
  },
)

test.each(SHAPES)('nor one of a file that no trusted root covers, where that is required: %s', async (shape) => {
  const files = await withSidecars(shape, blocks, next)
  const one: TrustedRoots = { blocks: () => roots.blocks?.('made').slice(1) ?? [] }
  expect(await search(files, { trustedRoots: one, trust: 'require' })).toBe('refused')
  expect(await search(files, { trustedRoots: roots, trust: 'require' })).toBe('nothing')
  expect(await search(files, { trustedRoots: one })).toBe('nothing')
  expect(await search(files, {})).toBe('nothing')
})
