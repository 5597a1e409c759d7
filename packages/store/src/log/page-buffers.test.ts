import { HEADER_PAGE_BYTES, PAGE_BYTES, pageStart } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { nextPageStart, PageBuffers, startOfOpenPage } from './page-buffers.ts'

function threePages() {
  const buffers = new PageBuffers()
  const pages = [0, 1, 2].map((page) => {
    if (page > 0) buffers.closeLast(pageStart(page))
    return buffers.open(pageStart(page), 10 * page)
  })
  return { buffers, pages }
}

test('a page holds its bytes, from the first to the last', () => {
  const { buffers, pages } = threePages()
  for (const [i, page] of pages.entries()) {
    expect(page.start).toBe(pageStart(i))
    expect(buffers.holding(pageStart(i))).toBe(page)
    expect(buffers.holding(pageStart(i) + PAGE_BYTES - 1)).toBe(page)
  }
  expect(buffers.holding(pageStart(3))).toBeUndefined()
  expect(buffers.last).toBe(pages[2])
  buffers.clear()
  expect(buffers.all).toEqual([])
  expect(buffers.holding(pageStart(0))).toBeUndefined()
})

test('chunks end where pages end', () => {
  const { buffers, pages } = threePages()
  pages[0]?.bytes.fill(1)
  pages[1]?.bytes.fill(2)
  const from = pageStart(1) - 3
  expect([...buffers.chunks(from, pageStart(1) + 2)]).toEqual([new Uint8Array(3).fill(1), new Uint8Array(2).fill(2)])
  expect([...buffers.chunks(from, pageStart(1))]).toEqual([new Uint8Array(3).fill(1)])
  expect([...buffers.chunks(from, from)]).toEqual([])
  expect(() => [...buffers.chunks(from, pageStart(3) + 1)]).toThrow(`byte ${pageStart(3)} is not in memory`)
})

test('finished pages are forgotten, except the newest', () => {
  for (const [position, keep, left] of [
    [pageStart(2), 0, [2]],
    [pageStart(2) - 1, 0, [1, 2]],
    [pageStart(2), 2, [1, 2]],
    [pageStart(3), 0, []],
    [pageStart(3), 1, [2]],
    [pageStart(0), 0, [0, 1, 2]],
    [pageStart(2), 5, [0, 1, 2]],
  ] as const) {
    const { buffers, pages } = threePages()
    buffers.forgetUpTo(position, keep)
    expect(buffers.all).toEqual(left.map((page) => pages[page]))
  }
})

test('a page becomes the last one again, even one that was forgotten', () => {
  const { buffers, pages } = threePages()
  const [first, second] = pages
  if (first === undefined || second === undefined) throw new Error('no pages')
  buffers.closeLast(pageStart(2) + 5)
  buffers.dropAfter(second)
  expect(buffers.all).toEqual([first, second])
  expect(second.closedAt).toBeUndefined()
  buffers.forgetUpTo(pageStart(1), 0)
  buffers.dropAfter(first)
  expect(buffers.all).toEqual([first])
  expect(first.closedAt).toBeUndefined()
  buffers.dropAfter(undefined)
  expect(buffers.all).toEqual([])
})

test('overwriting does not change what readers have borrowed', () => {
  const { buffers, pages } = threePages()
  const [first, second] = pages
  if (first === undefined || second === undefined) throw new Error('no pages')
  const borrowed = second.bytes
  buffers.overwrite(pageStart(1), Uint8Array.of(7), undefined)
  expect(borrowed[0]).toBe(0)
  expect(second.bytes[0]).toBe(7)
  expect(second.view.getUint8(0)).toBe(7)
  buffers.forgetUpTo(pageStart(1), 0)
  for (const [position, at] of [
    [pageStart(0), 0],
    [pageStart(0) + PAGE_BYTES - 1, PAGE_BYTES - 1],
  ] as const) {
    buffers.overwrite(position, Uint8Array.of(8), first)
    expect(first.bytes[at]).toBe(8)
  }
  const before = [first.bytes, second.bytes]
  buffers.overwrite(pageStart(1) + 5, Uint8Array.of(9), first)
  expect(first.bytes).toBe(before[0])
  expect(second.bytes[5]).toBe(9)
  buffers.overwrite(pageStart(1), Uint8Array.of(3), first)
  expect(first.bytes).toBe(before[0])
  expect(second.bytes[0]).toBe(3)
  const after = second.bytes
  buffers.overwrite(pageStart(0), Uint8Array.of(1), second)
  expect(second.bytes).toBe(after)
})

test('a page that is exactly full is followed by the next one', () => {
  const start = HEADER_PAGE_BYTES
  expect(nextPageStart(start)).toBe(start + PAGE_BYTES)
  expect(nextPageStart(start + PAGE_BYTES - 1)).toBe(start + PAGE_BYTES)
  expect(startOfOpenPage(start)).toBe(start)
  expect(startOfOpenPage(start + 1)).toBe(start)
  expect(startOfOpenPage(start + PAGE_BYTES - 1)).toBe(start)
  expect(startOfOpenPage(start + PAGE_BYTES)).toBe(start + PAGE_BYTES)
})

test('refuses pages that do not follow each other, and to close or reopen one elsewhere', () => {
  const { buffers } = threePages()
  const broken = expect.objectContaining({ name: 'InternalError' })
  expect(() => buffers.open(pageStart(3), 30)).toThrow(broken)
  expect(() => buffers.closeLast(pageStart(2))).toThrow(broken)
  expect(() => buffers.closeLast(pageStart(3) + 1)).toThrow(broken)
  buffers.closeLast(pageStart(3))
  for (const [start, firstNumber] of [
    [pageStart(4), 30],
    [pageStart(2), 30],
    [pageStart(3) + 1, 30],
    [pageStart(3), 20],
  ] as const) {
    expect(() => buffers.open(start, firstNumber)).toThrow(broken)
  }
  expect(() => new PageBuffers().open(0, 0)).toThrow(broken)
  expect(() => new PageBuffers().closeLast(pageStart(1))).toThrow(broken)
  const later = new PageBuffers().open(pageStart(7), 70)
  expect(() => buffers.dropAfter(later)).toThrow(broken)
  expect(buffers.all).toHaveLength(3)
})
