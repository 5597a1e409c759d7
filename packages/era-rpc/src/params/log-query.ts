import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import { type BlockRef, readNumberOrTag } from './block-ref.ts'
import { badParam, type Param, readBytes } from './values.ts'

/** The argument of `eth_getLogs`. */
export interface LogQuery {
  /** One block, or a range of them. */
  readonly blocks: { readonly hash: Uint8Array } | { readonly from: BlockRef; readonly to: BlockRef }
  readonly addresses: readonly Uint8Array[] | undefined
  readonly topics: readonly (readonly Uint8Array[] | undefined)[]
}

const MAX_TOPICS = 4
/** Alternatives for an address or a topic. */
const MAX_ALTERNATIVES = 1000
const ADDRESS_BYTES = 20
const TOPIC_BYTES = 32

export const logQuery: Param<LogQuery> = {
  expected: 'an object: fromBlock, toBlock or blockHash, address, topics',
  read(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const { fromBlock, toBlock, blockHash, address, topics } = value as Record<string, unknown>
    return {
      blocks: readBlocks(fromBlock ?? undefined, toBlock ?? undefined, blockHash ?? undefined),
      addresses: readAlternatives('address', address, { length: ADDRESS_BYTES, mayBeNull: false }),
      topics: readTopics(topics),
    }
  },
}

function readBlocks(fromBlock: unknown, toBlock: unknown, blockHash: unknown): LogQuery['blocks'] {
  if (blockHash === undefined) return { from: readEnd('fromBlock', fromBlock), to: readEnd('toBlock', toBlock) }
  if (fromBlock !== undefined || toBlock !== undefined) {
    throw new RpcError(
      RpcCode.badParams,
      'cannot specify both blockHash and fromBlock/toBlock, choose one or the other',
    )
  }
  const hash = readBytes(blockHash, 32)
  if (hash === undefined) throw badParam('blockHash', '0x and 64 hex digits')
  return { hash }
}

function readEnd(name: string, value: unknown): BlockRef {
  if (value === undefined) return { by: 'head' }
  const end = readNumberOrTag(value)
  if (end === undefined) throw badParam(name, 'a block number as 0x and hex digits without leading zeros, or a tag')
  if (end.by === 'pending') throw new RpcError(RpcCode.badParams, `invalid ${name}: pending logs are not supported`)
  return end
}

function readTopics(value: unknown): LogQuery['topics'] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw badParam('topics', 'an array')
  if (value.length > MAX_TOPICS) throw new RpcError(RpcCode.badParams, `exceed max topics: at most ${MAX_TOPICS}`)
  const options = { length: TOPIC_BYTES, mayBeNull: true }
  return value.map((each: unknown, at) => readAlternatives(`topics[${at}]`, each, options))
}

interface AlternativesOptions {
  /** Bytes of each. */
  readonly length: number
  /** Whether a null among them stands for any. */
  readonly mayBeNull: boolean
}

/** One or several values, or none in particular. */
function readAlternatives(
  name: string,
  value: unknown,
  { length, mayBeNull }: AlternativesOptions,
): readonly Uint8Array[] | undefined {
  if (value === undefined || value === null) return undefined
  const alternatives: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (alternatives.length > MAX_ALTERNATIVES) {
    throw new RpcError(RpcCode.badParams, `invalid ${name}: at most ${MAX_ALTERNATIVES} alternatives`)
  }
  const read = alternatives.map((each) => {
    if (each === null && mayBeNull) return undefined
    const bytes = readBytes(each, length)
    if (bytes === undefined) throw badParam(name, `0x and ${2 * length} hex digits`)
    return bytes
  })
  const exact = read.filter((each) => each !== undefined)
  return exact.length === 0 || exact.length < read.length ? undefined : exact
}
