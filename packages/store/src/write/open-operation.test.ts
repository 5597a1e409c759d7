import { HEADER_PAGE_BYTES, InternalError } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { PageBuffers } from '../log/page-buffers.ts'
import type { LogWriter } from './log-writer.ts'
import { OpenOperation } from './open-operation.ts'

function openOperation(): { operation: OpenOperation; rewinds: number[] } {
  const rewinds: number[] = []
  const rewind = (position: number): void => void rewinds.push(position)
  const writer = { written: HEADER_PAGE_BYTES, rewind } as Partial<LogWriter> as LogWriter
  const head = { totalLength: HEADER_PAGE_BYTES, totalEntries: 0n }
  return { operation: new OpenOperation(new PageBuffers(), writer, head), rewinds }
}

const DATA = Uint8Array.of(1, 2, 3)

test('one operation is open at a time', () => {
  const { operation } = openOperation()
  operation.begin()
  expect(() => operation.begin()).toThrow(InternalError)
})

test('commits only move forward', () => {
  const { operation } = openOperation()
  const start = operation.end
  operation.begin()
  operation.add(1, DATA)
  operation.take()
  expect(operation.committed(operation.end)).toBe(20)
  expect(() => operation.committed(start)).toThrow('invariant broken: a commit ends at 4096, the last one at 4116')
})

test('what is committed is not rolled back', () => {
  const { operation, rewinds } = openOperation()
  operation.begin()
  operation.add(1, DATA)
  // As if another operation had been committed in the place of this one.
  operation.committed(operation.end)
  expect(() => operation.rollback()).toThrow(InternalError)
  expect(rewinds).toEqual([])
})
