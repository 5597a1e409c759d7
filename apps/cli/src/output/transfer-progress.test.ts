import { expect, test } from 'vitest'
import { bytesText, durationText } from './amounts.ts'
import { TransferProgress } from './transfer-progress.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [99_950, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [458_000_000_000, '458 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text)
})

test.each([
  [8.4, '8 s'],
  [59.6, '1:00'],
  [245, '4:05'],
  [7445, '2:04:05'],
  [273_600, '3 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

test('a transfer says how far it is, how fast, and how long it takes', () => {
  let now = 0
  const state = { bytes: 0, totalBytes: 10_000_000, files: 0, totalFiles: 4 }
  using progress = new TransferProgress(
    state,
    () => {},
    process.stderr,
    () => now,
  )
  now = 2000
  progress.update({ ...state, bytes: 4_000_000, files: 1 })
  expect(progress.text()).toBe('1 of 4 files  4.0 MB of 10.0 MB  2.0 MB/s  3 s left')
  progress.update({ ...state, bytes: 4_000_000, files: 1, totalBytes: undefined })
  expect(progress.text()).toBe('1 of 4 files  4.0 MB  2.0 MB/s')
})
