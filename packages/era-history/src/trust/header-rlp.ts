import { type ArchiveKind, decodeHeaderWithProof } from '@datastreamer/e2store/execution'

/** The RLP of the header in the content of a header record, which in some files has a proof beside it. */
export function headerRlpOf(kind: ArchiveKind, content: Uint8Array, position = 0): Uint8Array {
  return kind === 'e2hs' ? decodeHeaderWithProof(content, position).header : content
}
