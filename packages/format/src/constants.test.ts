import { expect, test } from 'vitest'
import * as constants from './constants.ts'

test('every constant of the format', () => {
  expect({ ...constants }).toEqual({
    PacketType: {
      padding: 0,
      header: 1,
      entry: 2,
      operationBoundary: 3,
      compressed: 4,
      progress: 5,
      runningDigest: 6,
      response: 0xfe,
      result: 0xff,
    },
    HEADER_PAGE_BYTES: 4096,
    PAGE_BYTES: 1_048_576,
    ENTRY_HEAD_BYTES: 17,
    MAX_ENTRY_BYTES: 1_048_576,
    MAX_ENTRY_DATA_BYTES: 1_048_559,
    MAX_BOOKMARK_BYTES: 16,
    BOOKMARK_TYPE: 0xb0,
    NOT_FOUND_TYPE: 0xffff_ffff,
    SEQUENCER_STREAM_TYPE: 1n,
    MAGIC_BYTES: 16,
  })
})
