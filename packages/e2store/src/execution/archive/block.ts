import { uint256Value } from '../../accumulator/merkle.ts'
import { E2FormatError, VerificationError } from '../../errors.ts'
import { RlpReader } from '../../rlp/reader.ts'
import { type BlockBody, decodeBody } from '../blocks/body.ts'
import { type BlockHeader, decodeHeader } from '../blocks/header.ts'
import { decodeHeaderWithProof } from '../blocks/header-with-proof.ts'
import { type BlockProof, checkProofLength, decodeProof, proofTypeOf } from '../blocks/proof.ts'
import { decodeReceipts, decodeSlimReceipts, type Receipt } from '../blocks/receipts.ts'
import type { ArchiveKind, Column } from './layout.ts'

/** A value for each column that was read. */
export type Columns<T> = { readonly [C in Column]?: T | undefined }

/** The decompressed contents of the records of one block, and where those records begin. */
export interface BlockPayloads extends Columns<Uint8Array> {
  readonly number: bigint
  readonly positions: Columns<number>
}

/** A decoded block. All bytes borrow the payloads that it was decoded from. */
export interface Block {
  readonly number: bigint
  readonly header: BlockHeader
  /** The RLP of the header, which is hashed. */
  readonly headerRlp: Uint8Array
  readonly body: BlockBody
  /** Absent in files that omit receipts. Slim receipts have no blooms. */
  readonly receipts?: readonly Receipt[]
  readonly totalDifficulty?: bigint
  readonly proof?: BlockProof
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Items of a header before its number. */
const ITEMS_BEFORE_NUMBER = 8
const TOTAL_DIFFICULTY_BYTES = 32

/**
 * The RLP of the header in the content of a header record, which in `.e2hs` files has a proof beside it.
 *
 * @param position of the record, for errors
 * @throws {ContentError}
 */
export function headerRlpOf(kind: ArchiveKind, content: Uint8Array, position = 0): Uint8Array {
  return kind === 'e2hs' ? decodeHeaderWithProof(content, position).header : content
}

/**
 * Throw unless a header has the number that it has in the index, so that a block read by number is never another one.
 *
 * @throws {VerificationError} `WRONG_NUMBER`
 * @throws {E2FormatError} `BAD_RLP`
 */
export function checkNumber(headerRlp: Uint8Array, number: bigint, position: number): void {
  const items = new RlpReader(headerRlp, { what: 'header', position }).list('header')
  for (let i = 0; i < ITEMS_BEFORE_NUMBER; i++) items.skip('item')
  checkSameNumber(items.uint('number'), number, position)
}

/** @throws {VerificationError} `WRONG_NUMBER` */
export function checkSameNumber(found: bigint, number: bigint, position: number): void {
  if (found !== number) {
    throw new VerificationError('WRONG_NUMBER', `header of block ${found}, expected block ${number}`, position)
  }
}

/**
 * Decode a block.
 *
 * @throws {E2FormatError} `BAD_RLP`, `BAD_SSZ`, `BAD_LENGTH`
 */
export function decodeBlock(kind: ArchiveKind, payloads: BlockPayloads): Block {
  const { number, positions } = payloads
  const at = (column: Column): number => positions[column] ?? 0
  const withProof = kind === 'e2hs' ? decodeHeaderWithProof(required(payloads, 'header'), at('header')) : undefined
  const headerRlp = withProof?.header ?? required(payloads, 'header')
  const header = decodeHeader(headerRlp, { what: 'header', position: at('header') })
  const body = decodeBody(required(payloads, 'body'), { what: 'body', position: at('body') })
  const proof = withProof
    ? proofByHeader(header, withProof.proof, at('header'))
    : payloads.proof && decodeProof(payloads.proof, { what: 'proof', position: at('proof') })
  const block: Writable<Block> = { number, header, headerRlp, body }
  const { receipts, totalDifficulty } = payloads
  if (receipts) {
    const decode = kind === 'ere' ? decodeSlimReceipts : decodeReceipts
    block.receipts = decode(receipts, { what: 'receipts', position: at('receipts') })
  }
  if (totalDifficulty) block.totalDifficulty = decodeTotalDifficulty(totalDifficulty, at('totalDifficulty'))
  if (proof) block.proof = proof
  return block
}

/** Throw unless a TotalDifficulty record has the 32 bytes of a little-endian number. */
export function checkTotalDifficulty(data: Uint8Array, position = 0): void {
  if (data.length === TOTAL_DIFFICULTY_BYTES) return
  const message = `total difficulty of ${data.length} bytes, expected ${TOTAL_DIFFICULTY_BYTES}`
  throw new E2FormatError('BAD_LENGTH', message, position, 'read')
}

/** The number in a TotalDifficulty record. */
export function decodeTotalDifficulty(data: Uint8Array, position = 0): bigint {
  checkTotalDifficulty(data, position)
  return uint256Value(data)
}

/** The proof of an `.e2hs` record, whose type only the header shows. */
export function proofByHeader(header: BlockHeader, ssz: Uint8Array, position: number): BlockProof {
  const type = proofTypeOf(header)
  checkProofLength(type, ssz, position)
  return { type, ssz }
}

function required(payloads: BlockPayloads, column: Column): Uint8Array {
  const payload = payloads[column]
  if (payload === undefined) throw new RangeError(`decoding a block needs its ${column}`)
  return payload
}
