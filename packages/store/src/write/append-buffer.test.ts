import { decodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { PageBuffers } from '../log/page-buffers.ts'
import { AppendBuffer } from './append-buffer.ts'

const START = { position: HEADER_PAGE_BYTES, number: 0 }
/** Two entries fill a page. */
const half = (byte: number): Uint8Array => new Uint8Array(PAGE_BYTES / 2 - 17).fill(byte)

test('the open page begins with the entry that it opens with, or with the next one if none is begun', () => {
  const buffer = new AppendBuffer(new PageBuffers(), START)
  expect(buffer.openPage).toEqual(START)
  const second = { position: HEADER_PAGE_BYTES + PAGE_BYTES, number: 2 }
  for (const expected of [START, second, second]) {
    buffer.add(1, half(1))
    expect(buffer.openPage).toEqual(expected)
  }
  // The rest of a page that is not full is padding.
  buffer.add(1, new Uint8Array(PAGE_BYTES - 17))
  expect(buffer.openPage).toEqual({ position: HEADER_PAGE_BYTES + 3 * PAGE_BYTES, number: 4 })
})

test('what was rolled back is no padding, and no part of an entry', () => {
  const buffers = new PageBuffers()
  const buffer = new AppendBuffer(buffers, START)
  buffer.add(1, half(1))
  const mark = buffer.end
  buffer.add(1, new Uint8Array(100).fill(0xee))
  buffer.rewind(mark)
  expect([buffer.end, buffer.add(2, new Uint8Array(PAGE_BYTES - 17).fill(2))]).toEqual([mark, 1])
  const [first, second] = buffers.all
  expect(first).toMatchObject({ closedAt: mark.position })
  expect(first?.bytes.subarray(PAGE_BYTES / 2).every((byte) => byte === 0)).toBe(true)
  expect(second && decodeEntry(second.view)).toMatchObject({ type: 2, number: 1n })
})

test('an entry number fills both halves of its field', () => {
  const buffers = new PageBuffers()
  const number = 2 ** 32 + 5
  new AppendBuffer(buffers, { position: HEADER_PAGE_BYTES, number }).add(1, Uint8Array.of(1))
  expect(buffers.last && decodeEntry(buffers.last.view)?.number).toBe(BigInt(number))
})

test('the end is that of the page where it goes on, though it is the same position', () => {
  const buffers = new PageBuffers()
  const buffer = new AppendBuffer(buffers, START)
  buffer.add(1, Uint8Array.of(1))
  const { page: before, ...position } = buffer.end
  buffers.restart(position.position, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: new Uint8Array(18) })
  buffer.moveTo(position)
  expect(buffer.end).toMatchObject(position)
  expect(buffer.end.page).toBe(buffers.last)
  expect(buffer.end.page).not.toBe(before)
})
