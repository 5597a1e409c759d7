import { E2FormatError } from '../../errors.ts'
import { concatBytes } from '../../io/bytes.ts'
import { putU32, u32 } from '../../io/little-endian.ts'

/** The content of a header-with-proof record of `.e2hs`, which the bytes borrow. */
export interface HeaderWithProof {
  /** RLP of the header. */
  readonly header: Uint8Array
  /** SSZ of the proof, whose type follows from the header. */
  readonly proof: Uint8Array
}

const HEAD = 8
const MAX_HEADER_BYTES = 2048
const MAX_PROOF_BYTES = 1024

/**
 * Decode `offset u32 = 8 | offset u32 = 8 + header length | header | proof`, little-endian.
 *
 * @throws {E2FormatError} `BAD_SSZ`
 * @see docs/spec/e2store-execution.md §7
 */
export function decodeHeaderWithProof(ssz: Uint8Array, position = 0): HeaderWithProof {
  const bad = (message: string): E2FormatError => new E2FormatError('BAD_SSZ', message, position, 'read')
  if (ssz.length < HEAD) throw bad(`header with proof has ${ssz.length} bytes, expected at least ${HEAD}`)
  const first = u32(ssz, 0)
  const second = u32(ssz, 4)
  if (first !== HEAD) throw bad(`first offset is ${first}, expected ${HEAD}`)
  if (second < HEAD || second > ssz.length) throw bad(`second offset is ${second}, expected 8 to ${ssz.length}`)
  if (second - HEAD > MAX_HEADER_BYTES)
    throw bad(`header has ${second - HEAD} bytes, at most ${MAX_HEADER_BYTES} allowed`)
  if (ssz.length - second > MAX_PROOF_BYTES) {
    throw bad(`proof has ${ssz.length - second} bytes, at most ${MAX_PROOF_BYTES} allowed`)
  }
  return { header: ssz.subarray(HEAD, second), proof: ssz.subarray(second) }
}

/** @throws {RangeError} for a header over 2048 bytes or a proof over 1024 */
export function encodeHeaderWithProof({ header, proof }: HeaderWithProof): Uint8Array {
  if (header.length > MAX_HEADER_BYTES) throw new RangeError(`header of ${header.length} bytes, at most 2048 allowed`)
  if (proof.length > MAX_PROOF_BYTES) throw new RangeError(`proof of ${proof.length} bytes, at most 1024 allowed`)
  const head = new Uint8Array(HEAD)
  putU32(head, 0, HEAD)
  putU32(head, 4, HEAD + header.length)
  return concatBytes([head, header, proof])
}
