import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E2StoreError } from '../src/errors.ts'
import type { Column } from '../src/execution/archive/layout.ts'
import { writeEra1 } from '../src/execution/era1/write.ts'
import { openEre } from '../src/execution/ere/open.ts'
import { writeEre } from '../src/execution/ere/write.ts'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { blockSourceOf } from '../src/execution/write/block-source.ts'
import { ereToEra1 } from '../src/execution/write/convert.ts'
import { toBytes } from '../src/io/byte-sink.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { toHex } from '../src/io/bytes.ts'
import { permutations, selections, withIndexOrder } from './support/ere-index.ts'
import { collect, goldenBytes } from './support/execution.ts'

const OPTIONAL = ['receipts', 'totalDifficulty', 'proof'] as const satisfies readonly Column[]
const ALL: readonly Column[] = ['header', 'body', ...OPTIONAL]

/** A file with these columns besides headers and bodies, in the order of the format. */
async function fileWith(columns: readonly (typeof OPTIONAL)[number][]): Promise<Uint8Array> {
  const sink = toBytes()
  await writeEre(sink, blockSourceOf(await openEre(fromBytes(goldenBytes('ere')))), { columns })
  return sink.bytes()
}

/** Everything that is in a file, read in both ways. */
async function contents(bytes: Uint8Array): Promise<unknown> {
  const archive = await openEre(fromBytes(bytes))
  const numbers = Array.from({ length: archive.count }, (_, i) => archive.start + BigInt(i))
  const single = await Promise.all(numbers.map((number) => archive.block(number)))
  const partial = await Promise.all(numbers.map((number) => archive.payloads(number, ['body'])))
  return { single, partial, columns: archive.columns, all: await collect(archive.iterate()) }
}

describe.each(selections(OPTIONAL).map((columns) => ({ columns, name: columns.join(', ') || 'no other column' })))(
  'headers, bodies and $name',
  ({ columns }) => {
    test('verify in every order of the index, and are the same blocks', async () => {
      const standard = await fileWith(columns)
      const expected = await contents(standard)
      const report = await verifyArchive(await openEre(fromBytes(standard)))
      expect(report.deviations).toEqual([])
      const own = ALL.filter((column) => column === 'header' || column === 'body' || columns.some((c) => c === column))
      for (const order of permutations(own)) {
        const bytes = await withIndexOrder(standard, order)
        expect(await contents(bytes)).toEqual(expected)
        const archive = await openEre(fromBytes(bytes))
        const isStandard = order.join() === own.join()
        const message = `order of the index columns: ${order.join(', ')}`
        const deviations = isStandard
          ? []
          : [{ code: 'INDEX_ORDER', message, position: archive.layout.indexPosition + 16 }]
        expect(archive.deviations).toEqual(deviations)
        expect(await verifyArchive(archive)).toEqual({ ...report, deviations })
      }
    })
  },
)

test('what is written from a file in another order is in the order of the format', async () => {
  const standard = goldenBytes('ere')
  const archive = await openEre(
    fromBytes(await withIndexOrder(standard, ['proof', 'body', 'totalDifficulty', 'receipts', 'header'])),
  )
  const sink = toBytes()
  await writeEre(sink, blockSourceOf(archive))
  expect(toHex(sink.bytes())).toBe(toHex(await fileWith(OPTIONAL)))
  const [era1, expected] = [toBytes(), toBytes()]
  await writeEra1(era1, ereToEra1(blockSourceOf(archive)))
  await writeEra1(expected, ereToEra1(blockSourceOf(await openEre(fromBytes(standard)))))
  expect(toHex(era1.bytes())).toBe(toHex(expected.bytes()))
})

test('an index whose rows do not agree on the order is found', async () => {
  const bytes = await withIndexOrder(goldenBytes('ere'), ['header', 'body', 'proof', 'receipts', 'totalDifficulty'])
  const { layout } = await openEre(fromBytes(bytes))
  const swapped = bytes.slice()
  const row = layout.indexPosition + 16 + 8 * 5
  swapped.set(bytes.subarray(row + 16, row + 24), row + 24)
  swapped.set(bytes.subarray(row + 24, row + 32), row + 16)
  const archive = await openEre(fromBytes(swapped))
  await expect(archive.block(1n)).rejects.toMatchObject({ code: 'UNEXPECTED_TYPE', step: 'read' })
  await expect(verifyArchive(archive)).rejects.toBeInstanceOf(E2StoreError)
})

test('damaged indices in any order are rejected with a typed error, or change nothing', async () => {
  const expected = await contents(goldenBytes('ere'))
  const damage = fc.record({ at: fc.nat(), value: fc.nat(255), order: fc.shuffledSubarray([...ALL], { minLength: 5 }) })
  let rejected = 0
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (changes) => {
      const bytes = (await withIndexOrder(goldenBytes('ere'), changes[0]?.order ?? ALL)).slice()
      const { indexPosition } = (await openEre(fromBytes(bytes))).layout
      for (const { at, value } of changes) bytes[indexPosition + (at % (bytes.length - indexPosition))] = value
      try {
        const archive = await openEre(fromBytes(bytes))
        await verifyArchive(archive)
        expect(await contents(bytes)).toEqual(expected)
      } catch (error) {
        if (!(error instanceof E2StoreError)) throw error
        rejected++
      }
    }),
    { numRuns: 400 },
  )
  expect(rejected).toBeGreaterThan(100)
})
