import { encodeRlp, type RlpValue, rawRlp } from '../../rlp/encode.ts'
import { NO_ORIGIN, type RlpOrigin, RlpReader, readList } from '../../rlp/reader.ts'

/** The seal of a block of an authority round (AuRa), as on Gnosis Chain and Chiado before their merge. */
export interface AuraSeal {
  /** Number of the round that the block was made in. */
  readonly step: bigint
  /** 65 bytes. */
  readonly signature: Uint8Array
}

/** A block header. Hashes and roots have 32 bytes, `beneficiary` 20, `logsBloom` 256, `nonce` 8. */
export interface BlockHeader {
  readonly parentHash: Uint8Array
  readonly ommersHash: Uint8Array
  readonly beneficiary: Uint8Array
  readonly stateRoot: Uint8Array
  readonly transactionsRoot: Uint8Array
  readonly receiptsRoot: Uint8Array
  readonly logsBloom: Uint8Array
  readonly difficulty: bigint
  readonly number: bigint
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  /** Seconds since 1970. */
  readonly timestamp: bigint
  readonly extraData: Uint8Array
  /** As `nonce`, absent only where `aura` is present. */
  readonly mixHash?: Uint8Array
  readonly nonce?: Uint8Array
  /** In place of mix hash and nonce. */
  readonly aura?: AuraSeal
  /** From London on. */
  readonly baseFeePerGas?: bigint
  /** From Shanghai on. */
  readonly withdrawalsRoot?: Uint8Array
  /** From Cancun on, as the next two. */
  readonly blobGasUsed?: bigint
  readonly excessBlobGas?: bigint
  readonly parentBeaconBlockRoot?: Uint8Array
  /** From Prague on. */
  readonly requestsHash?: Uint8Array
  /** From Amsterdam on, as the next one: keccak256 of the block's access list. */
  readonly blockAccessListHash?: Uint8Array
  /** Slot of the beacon chain. */
  readonly slotNumber?: bigint
  /** Fields that later forks add, each as RLP. */
  readonly further?: readonly Uint8Array[]
}

/** The fields of a header that refer to other data: to its parent and to the parts of its block. */
export type HeaderLinks = Pick<
  BlockHeader,
  'parentHash' | 'ommersHash' | 'transactionsRoot' | 'receiptsRoot' | 'difficulty' | 'number' | 'withdrawalsRoot'
>

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Most fields that are accepted after the known ones. */
const MAX_FURTHER = 16
const AURA_SIGNATURE_BYTES = 65
/** What is missing where a header has neither form of a seal. */
const MIX_HASH_OR_STEP = 'mixHash of 32 bytes or AuRa step'

/**
 * Decode a header from its RLP. Byte fields borrow `rlp`.
 *
 * @throws {E2FormatError} `BAD_RLP`
 * @see docs/spec/e2store-execution.md §3.1
 */
export function decodeHeader(rlp: Uint8Array, origin: RlpOrigin = { ...NO_ORIGIN, what: 'header' }): BlockHeader {
  return readList(rlp, origin, readHeaderItems)
}

/**
 * Decode only the fields that refer to other data; everything is checked as by {@link decodeHeader}.
 *
 * @throws {E2FormatError} `BAD_RLP`
 */
export function decodeHeaderLinks(rlp: Uint8Array, origin: RlpOrigin): HeaderLinks {
  const outer = new RlpReader(rlp, origin)
  const items = outer.list(origin.what)
  outer.end(origin.what)
  const parentHash = items.fixed('parentHash', 32)
  const ommersHash = items.fixed('ommersHash', 32)
  items.skipFixed('beneficiary', 20)
  items.skipFixed('stateRoot', 32)
  const transactionsRoot = items.fixed('transactionsRoot', 32)
  const receiptsRoot = items.fixed('receiptsRoot', 32)
  items.skipFixed('logsBloom', 256)
  const difficulty = items.uint('difficulty', 32)
  const number = items.uint('number')
  items.skipUint('gasLimit')
  items.skipUint('gasUsed')
  items.skipUint('timestamp')
  items.skipString('extraData')
  if (!items.nextIsHash) return decodeHeader(rlp, origin)
  items.skipFixed('mixHash', 32)
  items.skipFixed('nonce', 8)
  if (items.hasMore) return decodeHeader(rlp, origin)
  return { parentHash, ommersHash, transactionsRoot, receiptsRoot, difficulty, number }
}

/** Read all items of a header. */
export function readHeaderItems(items: RlpReader): BlockHeader {
  const header: Writable<BlockHeader> = {
    parentHash: items.fixed('parentHash', 32),
    ommersHash: items.fixed('ommersHash', 32),
    beneficiary: items.fixed('beneficiary', 20),
    stateRoot: items.fixed('stateRoot', 32),
    transactionsRoot: items.fixed('transactionsRoot', 32),
    receiptsRoot: items.fixed('receiptsRoot', 32),
    logsBloom: items.fixed('logsBloom', 256),
    difficulty: items.uint('difficulty', 32),
    number: items.uint('number'),
    gasLimit: items.uint('gasLimit'),
    gasUsed: items.uint('gasUsed'),
    timestamp: items.uint('timestamp'),
    extraData: items.string('extraData'),
  }
  if (items.nextIsHash) {
    header.mixHash = items.fixed('mixHash', 32)
    header.nonce = items.fixed('nonce', 8)
  } else {
    const step = items.uint(MIX_HASH_OR_STEP)
    header.aura = { step, signature: items.fixed('AuRa signature', AURA_SIGNATURE_BYTES) }
  }
  if (items.hasMore) header.baseFeePerGas = items.uint('baseFeePerGas', 32)
  if (items.hasMore) header.withdrawalsRoot = items.fixed('withdrawalsRoot', 32)
  if (items.hasMore) header.blobGasUsed = items.uint('blobGasUsed')
  if (items.hasMore) header.excessBlobGas = items.uint('excessBlobGas')
  if (items.hasMore) header.parentBeaconBlockRoot = items.fixed('parentBeaconBlockRoot', 32)
  if (items.hasMore) header.requestsHash = items.fixed('requestsHash', 32)
  if (items.nextIsHash) {
    header.blockAccessListHash = items.fixed('blockAccessListHash', 32)
    if (items.nextIsNumber) header.slotNumber = items.uint('slotNumber')
  }
  if (items.hasMore) {
    const further: Uint8Array[] = []
    while (items.hasMore && further.length < MAX_FURTHER) further.push(items.raw('a later field'))
    header.further = further
  }
  return header
}

/**
 * Encode a header as RLP. Optional fields after the first absent one are left out.
 *
 * @throws {RangeError} neither mix hash and nonce nor the seal of an AuRa block
 * @see docs/spec/e2store-execution.md §3.1
 */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeRlp(headerItems(header))
}

/** The items of a header, to encode it inside a body. */
export function headerItems(header: BlockHeader): RlpValue[] {
  const items: RlpValue[] = [
    ...[header.parentHash, header.ommersHash, header.beneficiary, header.stateRoot],
    ...[header.transactionsRoot, header.receiptsRoot, header.logsBloom],
    ...[header.difficulty, header.number, header.gasLimit, header.gasUsed, header.timestamp],
    ...[header.extraData, ...sealItems(header)],
  ]
  const optional = [
    ...[header.baseFeePerGas, header.withdrawalsRoot, header.blobGasUsed, header.excessBlobGas],
    ...[header.parentBeaconBlockRoot, header.requestsHash],
  ]
  for (const item of optional) {
    if (item === undefined) return items
    items.push(item)
  }
  const { blockAccessListHash, slotNumber, further = [] } = header
  if (blockAccessListHash !== undefined) items.push(blockAccessListHash)
  if (blockAccessListHash !== undefined && slotNumber !== undefined) items.push(slotNumber)
  for (const item of further) items.push(rawRlp(item))
  return items
}

/** @throws {RangeError} neither mix hash and nonce nor a seal of AuRa */
function sealItems({ mixHash, nonce, aura }: BlockHeader): RlpValue[] {
  if (aura !== undefined) return [aura.step, aura.signature]
  if (mixHash !== undefined && nonce !== undefined) return [mixHash, nonce]
  throw new RangeError('a header needs a mix hash and a nonce, or the seal of an AuRa block')
}

/** Whether a header is of a block after the merge: only those have no difficulty. */
export function isPostMerge(header: HeaderLinks): boolean {
  return header.difficulty === 0n && header.number > 0n
}
