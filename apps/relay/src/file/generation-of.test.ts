import { blockBookmark } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { generationByBookmark } from './generation-of.ts'

test.each([
  ['etrog', blockBookmark(7n, 'protobuf'), 'protobuf'],
  ['etrog', blockBookmark(7n, 'etrog'), 'etrog'],
  ['etrog', Uint8Array.of(0xff), 'etrog'],
  ['protobuf', blockBookmark(7n, 'etrog'), 'protobuf'],
  ['pre-etrog', blockBookmark(7n, 'protobuf'), 'pre-etrog'],
] as const)('%s suggested, a bookmark of %j: %s', (suggested, data, wanted) => {
  expect(generationByBookmark(data, suggested)).toBe(wanted)
})
