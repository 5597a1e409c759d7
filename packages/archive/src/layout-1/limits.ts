import { MAX_RUN_BYTES } from '../segment/entry-run.ts'

/** Most bytes of entries in a record that holds several operations. */
export const RUN_BYTES = 65_536
/** Most blocks in a segment. */
export const MAX_BLOCKS = 131_072
/** Most bytes of a compressed record: what does not compress is stored in chunks with heads of eight bytes. */
export const MAX_RECORD_BYTES: number = MAX_RUN_BYTES + 1024
