import { decodeEntry, HEADER_PAGE_BYTES, PAGE_BYTES } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { PageBuffers } from '../log/page-buffers.ts'
import { AppendBuffer } from './append-buffer.ts'

const START = { position: HEADER_PAGE_BYTES, number: 0 }
/** Two entries fill a page. */
const half = (byte: number): Uint8Array => new Uint8Array(PAGE_BYTES / 2 - 17).fill(byte)

test('the open page is that of the last entry, or the next one if that page is full', () => {
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

test('bytes that were rolled back get into neither padding nor entries', () => {
  const buffers = new PageBuffers()
  const buffer = new AppendBuffer(buffers, START)
  buffer.add(1, half(1))
  const end = buffer.end
  buffer.add(1, new Uint8Array(100).fill(0xee))
  buffer.rewind(end)
  expect([buffer.end, buffer.add(2, new Uint8Array(PAGE_BYTES - 17).fill(2))]).toEqual([end, 1])
  const [first, second] = buffers.all
  expect(first).toMatchObject({ closedAt: end.position })
  expect(first?.bytes.subarray(PAGE_BYTES / 2).every((byte) => byte === 0)).toBe(true)
  expect(second && decodeEntry(second.view)).toMatchObject({ type: 2, number: 1n })
})

test('an entry number fills both halves of its field', () => {
  const buffers = new PageBuffers()
  const number = 2 ** 32 + 5
  new AppendBuffer(buffers, { position: HEADER_PAGE_BYTES, number }).add(1, Uint8Array.of(1))
  expect(buffers.last && decodeEntry(buffers.last.view)?.number).toBe(BigInt(number))
})

test('the end has the page that was moved to, even at the same position', () => {
  const buffers = new PageBuffers()
  const buffer = new AppendBuffer(buffers, START)
  buffer.add(1, Uint8Array.of(1))
  const { page: before, ...at } = buffer.end
  buffers.restart(at.position, { start: HEADER_PAGE_BYTES, firstNumber: 0, bytes: new Uint8Array(18) })
  buffer.moveTo(at)
  expect(buffer.end).toMatchObject(at)
  expect(buffer.end.page).toBe(buffers.last)
  expect(buffer.end.page).not.toBe(before)
})
