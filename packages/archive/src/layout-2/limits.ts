import { RECORD_HEADER_BYTES } from '@datastreamer/e2store'
import { ENTRY_HEAD_BYTES } from '@datastreamer/format'
import { MAX_RUN_BYTES } from '../segment/entry-run.ts'

/** Most records in a segment: its leaf in a history fits into a bundle, which has room for 65,535 bytes. */
export const MAX_RECORDS = 5400
/** Most pages of bookmarks in a segment: as many records cannot hold more. */
export const MAX_PAGES = 1_048_576
/** Bytes of a StreamBookmarks record. */
export const PAGE_RECORD_BYTES = 4096
/** Bytes of a StreamRecord's data before its path. */
export const RECORD_FIELDS_BYTES = 40
export const HASH_BYTES = 32
/** Bytes of an operation boundary in a record's content. */
export const BOUNDARY_BYTES = 4
/** Most hashes in a path. */
const MAX_PATH = 21
/** Most bytes of a record's content: an entry takes 17 at least, and has one boundary at most. */
const MAX_CONTENT_BYTES = MAX_RUN_BYTES + BOUNDARY_BYTES * Math.floor(MAX_RUN_BYTES / ENTRY_HEAD_BYTES)
/** Most bytes of a frame: what does not compress is stored in blocks with heads of three bytes. */
const MAX_FRAME_BYTES = MAX_CONTENT_BYTES + Math.floor(MAX_CONTENT_BYTES / 256) + 1024
/** Fewest and most bytes of a StreamRecord, its header included. */
export const LEAST_RECORD_BYTES: number = RECORD_HEADER_BYTES + RECORD_FIELDS_BYTES + 1
export const MAX_RECORD_BYTES: number =
  RECORD_HEADER_BYTES + RECORD_FIELDS_BYTES + HASH_BYTES * MAX_PATH + MAX_FRAME_BYTES
