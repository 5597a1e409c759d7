import { type Param, readBytes, readQuantity } from './values.ts'

/** How a block is asked for. */
export type BlockRef =
  | { readonly by: 'number'; readonly number: bigint }
  | { readonly by: 'hash'; readonly hash: Uint8Array }
  | { readonly by: 'head' | 'earliest' | 'pending' }

const HEAD: BlockRef = { by: 'head' }

/** All of a history is final. */
const TAGS: ReadonlyMap<unknown, BlockRef> = new Map<unknown, BlockRef>([
  ['latest', HEAD],
  ['safe', HEAD],
  ['finalized', HEAD],
  ['earliest', { by: 'earliest' }],
  ['pending', { by: 'pending' }],
])

const EXPECTED = 'a block number as 0x and hex digits without leading zeros, or a tag: latest, earliest'

/** A number or a tag. */
export function readNumberOrTag(value: unknown): BlockRef | undefined {
  const tag = TAGS.get(value)
  if (tag !== undefined) return tag
  const number = readQuantity(value)
  return number === undefined ? undefined : { by: 'number', number }
}

function readAnyRef(value: unknown): BlockRef | undefined {
  const hash = readBytes(value, 32)
  if (hash !== undefined) return { by: 'hash', hash }
  return typeof value === 'object' && value !== null ? readRefObject(value) : readNumberOrTag(value)
}

/** As in EIP-1898, with null for absent; that a block has to be canonical says nothing here: all are. */
function readRefObject(object: object): BlockRef | undefined {
  const { blockNumber = null, blockHash = null, requireCanonical = null, ...others } = object as Record<string, unknown>
  if (Object.keys(others).length > 0) return undefined
  if (requireCanonical !== null && typeof requireCanonical !== 'boolean') return undefined
  if (blockHash === null) return blockNumber === null ? undefined : readNumberOrTag(blockNumber)
  if (blockNumber !== null) return undefined
  const hash = readBytes(blockHash, 32)
  return hash === undefined ? undefined : { by: 'hash', hash }
}

/** A block by number or tag. */
export const numberOrTag: Param<BlockRef> = { expected: EXPECTED, read: readNumberOrTag }

/** A block by number, tag or hash, also as an object. */
export const anyBlock: Param<BlockRef> = { expected: `${EXPECTED}; or a hash`, read: readAnyRef }
