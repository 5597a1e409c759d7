import {
  type ArchiveKind,
  type BlockHeader,
  type BlockPayloads,
  type BlockProof,
  decodeHeader,
  decodeHeaderWithProof,
  decodeProof,
  defaultHashes,
  encodeProof,
  proofTypeOf,
} from '@datastreamer/e2store/execution'

const NONE = new Uint8Array(0)

/** A block that was read, as far as its header is verified with it. */
export interface BlockParts {
  readonly payloads: BlockPayloads
  readonly header: BlockHeader
  readonly headerRlp: Uint8Array
  readonly hash: Uint8Array
  readonly proof: BlockProof | undefined
}

/** @throws {ContentError} a header or a proof that cannot be decoded */
export function blockParts(kind: ArchiveKind, payloads: BlockPayloads): BlockParts {
  const position = payloads.positions.header ?? 0
  const content = payloads.header ?? NONE
  const withProof = kind === 'e2hs' ? decodeHeaderWithProof(content, position) : undefined
  const headerRlp = withProof?.header ?? content
  const header = decodeHeader(headerRlp, { what: 'header', position })
  const proof = proofOf(header, withProof?.proof, payloads)
  return { payloads, header, headerRlp, hash: defaultHashes().keccak256(headerRlp), proof }
}

/** The proof of a block: beside its header, which tells its type, or in a column of its own. */
function proofOf(
  header: BlockHeader,
  besideHeader: Uint8Array | undefined,
  { proof, positions }: BlockPayloads,
): BlockProof | undefined {
  const position = positions.proof ?? positions.header ?? 0
  const rlp = besideHeader ? encodeProof({ type: proofTypeOf(header), ssz: besideHeader }) : proof
  return rlp && decodeProof(rlp, { what: 'proof', position })
}
