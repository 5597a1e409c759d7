import { InternalError } from '@datastreamer/format'
import type { FullL2Block } from '@datastreamer/sequencer-entries'
import { expect, test } from 'vitest'
import { checkpointOf } from '../checkpoint.ts'
import { withCheckpoint } from './block-checkpoint.ts'

const entry = (number: bigint) => ({ type: 1, number, data: Uint8Array.of(Number(number)) })
const block = { number: 5n, lastEntryNumber: 8n } as FullL2Block

test('a block has the checkpoint of its newest entry and of the one that opened it', () => {
  expect(withCheckpoint(block, entry(8n), entry(7n)).checkpoint).toBe(checkpointOf(entry(8n), entry(7n)))
})

test('a block that ends after what was read is a defect of ours', () => {
  expect(() => withCheckpoint(block, entry(7n), entry(7n))).toThrow(InternalError)
  expect(() => withCheckpoint(block, undefined, undefined)).toThrow('block 5 ends after what was read')
})
