/** First byte of everything that a file or the wire holds. docs/spec/stream-file.md §3, docs/spec/protocol.md §4. */
export const PacketType = {
  /** Rest of a page; only in files. */
  padding: 0x00,
  header: 0x01,
  entry: 0x02,
  /** Operation boundary; only on connections that asked for it. docs/spec/protocol.md §7. */
  operationBoundary: 0x03,
  /** Packets in a compressed form; only on connections that asked for it. docs/spec/protocol.md §10. */
  compressed: 0x04,
  /** How far the server has looked; only on connections that asked for some entry types. docs/spec/protocol.md §11. */
  progress: 0x05,
  /** What all entries so far come to; only on connections that asked for signatures. docs/spec/protocol.md §12. */
  runningDigest: 0x06,
  /** The one entry that answers an Entry or Bookmark command. */
  response: 0xfe,
  result: 0xff,
} as const

/** Bytes of the header page that a file begins with. */
export const HEADER_PAGE_BYTES = 4096
/** Bytes of a data page. */
export const PAGE_BYTES = 1_048_576
/** Bytes of an entry before its data: packet type, length, type, number. */
export const ENTRY_HEAD_BYTES = 17
/** Most data that one entry can hold: then it fills a page. */
export const MAX_ENTRY_DATA_BYTES: number = PAGE_BYTES - ENTRY_HEAD_BYTES
/** Largest entry. */
export const MAX_ENTRY_BYTES: number = ENTRY_HEAD_BYTES + MAX_ENTRY_DATA_BYTES
/** Longest bookmark that can be asked for on the wire. */
export const MAX_BOOKMARK_BYTES = 16
/** Entry type of a bookmark. */
export const BOOKMARK_TYPE = 0xb0
/** Entry type that a response has when nothing was found. */
export const NOT_FOUND_TYPE = 0xffff_ffff
/** Stream type of a zkEVM sequencer. */
export const SEQUENCER_STREAM_TYPE = 1n
/** Bytes that a file of generation 2 or 3 begins with. */
export const MAGIC_BYTES = 16
