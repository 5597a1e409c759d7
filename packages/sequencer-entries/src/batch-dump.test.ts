import { type Entry, encodeEntry } from '@datastreamer/format'
import { describe, expect, test } from 'vitest'
import { batchBookmark, batchEnd, block, blockBookmark, end, start, tx } from '../test/inits.ts'
import { entriesFrom, numbered } from '../test/stream-entries.ts'
import { batchDumpText, dumpBatch } from './batch-dump.ts'
import { AssemblyLimitError } from './errors.ts'
import { generateStream } from './generate-stream.ts'
import { toHex } from './hex.ts'

const entries = entriesFrom('protobuf', 40n, [
  blockBookmark(7n),
  block(7n, 4n),
  end(7n),
  batchEnd(4n),
  batchBookmark(5n),
  start(5n),
  blockBookmark(8n),
  block(8n, 5n),
  tx(8n),
  tx(8n),
  end(8n),
  blockBookmark(9n),
  block(9n, 5n),
  end(9n),
  batchEnd(5n),
  batchBookmark(6n),
])
const options = { generation: 'protobuf' } as const

function hexOf(...indices: readonly number[]): string {
  return entries
    .filter((_, i) => indices.includes(i))
    .map((entry) => toHex(encodeEntry(entry)))
    .join('')
}

test('dumps the blocks, transactions and block ends of a batch', async () => {
  expect(await dumpBatch(entries, 5n, options)).toEqual({
    batchNumber: 5n,
    entryFirst: 47n,
    entryLast: 53n,
    l2BlockFirst: 8n,
    l2BlockLast: 9n,
    totalTx: 2n,
    batchData: hexOf(7, 8, 9, 10, 12, 13),
  })
})

test('writes the text of the Go command line, with all digits', async () => {
  const number = 2n ** 64n - 1n
  const [only] = entriesFrom('protobuf', number, [{ kind: 'l2Block', number, batchNumber: number }])
  const dump = await dumpBatch([only ?? []].flat(), number, options)
  expect(dump && batchDumpText(dump)).toBe(
    '{"batchNumber":18446744073709551615,"entryFirst":18446744073709551615,"entryLast":18446744073709551615,' +
      '"l2BlockFirst":18446744073709551615,"l2BlockLast":18446744073709551615,"totalTx":0,' +
      '"batchData":"020000002700000002ffffffffffffffff08ffffffffffffffffff0110ffffffffffffffffff01"}\n',
  )
})

describe('reads no further than needed', () => {
  test.each<[string, readonly Entry[], number, bigint]>([
    ['the batch end', entries, 15, 5n],
    ['the end of a batch without blocks before it', entries.slice(3), 1, 3n],
    [
      'a block of a later batch',
      [...entries.slice(0, 14), ...entriesFrom('protobuf', 54n, [block(10n, 6n), tx(10n)])],
      15,
      5n,
    ],
  ])('than %s', async (_name, source, count, batch) => {
    let read = 0
    await dumpBatch(counted(), batch, options)
    expect(read).toBe(count)

    function* counted() {
      for (const entry of source) {
        read++
        yield entry
      }
    }
  })
})

test('gives what there is of a batch that is open, and nothing of one that is not there', async () => {
  expect(await dumpBatch(entries.slice(0, 9), 5n, options)).toMatchObject({ entryLast: 48n, totalTx: 1n })
  expect(await dumpBatch(entries, 6n, options)).toBeUndefined()
  expect(await dumpBatch(entries, 3n, options)).toBeUndefined()
})

test('is bounded', async () => {
  const dump = dumpBatch(entries, 5n, { ...options, maxBytes: 100 })
  await expect(dump).rejects.toThrow(AssemblyLimitError)
  await expect(dump).rejects.toThrow('entry 49: batch 5 has more than maxBytes = 100 bytes of entries')
})

test('the dumps of a generated stream hold all its transactions', async () => {
  const stream = numbered(generateStream({ blocks: 40n }))
  const transactions = stream.filter(({ type }) => type === 3).length
  let total = 0n
  for (let batch = 0n; batch < 40n; batch++) {
    const dump = await dumpBatch([stream], batch, options)
    total += dump?.totalTx ?? 0n
  }
  expect(transactions).toBeGreaterThan(20)
  expect(total).toBe(BigInt(transactions))
})
