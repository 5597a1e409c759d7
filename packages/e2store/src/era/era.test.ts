import { expect, test } from 'vitest'
import { collect } from '../../test/support/collect.ts'
import { expectBytes } from '../../test/support/expect-bytes.ts'
import { SLOTS } from '../../test/support/tiny-chain.ts'
import {
  chain,
  first,
  genesis,
  open,
  second,
  stateOf,
  third,
  withEntry,
  writeAnyGroup,
} from '../../test/support/tiny-eras.ts'
import { E2FormatError, NotInFileError } from '../errors.ts'
import { toBytes } from '../io/byte-sink.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { concatBytes } from '../io/bytes.ts'
import { openEra } from './era-file.ts'
import { EraWriter } from './era-writer.ts'
import { mergeEras, writeGroup } from './split-merge.ts'
import { verifyEra } from './verify-era.ts'

test('every slot of a file of several eras has its block, or none', async () => {
  const file = await open(...chain.files)
  expect(file.groups.map(({ era, stateSlot, slotsPerEra }) => [era, stateSlot, slotsPerEra])).toEqual([
    [0n, 0n, 0],
    [1n, 64n, 64],
    [2n, 128n, 64],
    [3n, 192n, 64],
  ])
  for (let slot = 0n; slot < 192n; slot++) expect((await file.block(slot))?.ssz).toEqual(chain.blocks.get(slot))
  for (const [era, state] of chain.states.entries()) expectBytes(await file.state(BigInt(era * SLOTS)), state)
})

test('blocks come in order, of one era or of all', async () => {
  const file = await open(...chain.files)
  const slots = async (blocks: AsyncIterable<{ slot: bigint }>): Promise<bigint[]> =>
    collect(blocks, ({ slot }) => slot)
  expect(await slots(file.blocks())).toEqual([...chain.blocks.keys()])
  expect(await slots(file.blocks(file.groups[2]))).toEqual([...chain.blocks.keys()].filter((slot) => slot >= 64n))
})

test('a block is read without the rest of the file', async () => {
  const bytes = concatBytes([genesis, first, second])
  let read = 0
  const source: ByteSource = {
    size: bytes.length,
    read: async (position, length) => {
      read += length
      return bytes.slice(position, position + length)
    },
  }
  const file = await openEra(source)
  await file.block(10n)
  expect(read).toBeLessThan(bytes.length / 2)
})

test('what is not in the file is said to be missing', async () => {
  const file = await open(first)
  await expect(file.block(64n)).rejects.toThrow(NotInFileError)
  await expect(file.state(0n)).rejects.toMatchObject({ code: 'NOT_IN_FILE' })
  expect(await file.block(3n)).toBeUndefined()
})

test('an era splits off and merges back byte for byte', async () => {
  const file = await open(...chain.files)
  for (const [i, group] of file.groups.entries()) {
    const sink = toBytes()
    await writeGroup(file, group, sink)
    expectBytes(sink.bytes(), chain.files[i] ?? new Uint8Array(0))
  }
  const sink = toBytes()
  await mergeEras([await open(genesis, first), await open(second)], sink)
  expectBytes(sink.bytes(), concatBytes([genesis, first, second]))
})

test('eras that do not follow each other are not merged', async () => {
  await expect(mergeEras([await open(first), await open(third)], toBytes())).rejects.toThrow(RangeError)
})

test('a slot marked by the position of the Version record is empty', async () => {
  const indexAt = first.length - 32 - 24 - 8 * SLOTS
  const marked = [3, 10, 17, 24].reduce((bytes, slot) => withEntry(slot, -indexAt, bytes), first)
  const file = await open(genesis, marked)
  expect(await file.block(10n)).toBeUndefined()
  expect((await file.block(11n))?.ssz).toEqual(chain.blocks.get(11n))
  expect(await verifyEra(file)).toMatchObject({ blocks: 55, emptySlots: 9 })
})

test('an era whose slots are all empty begins before its state', async () => {
  const file = await open(third)
  expect(file.groups).toMatchObject([{ era: 3n, start: 0, statePosition: 8 }])
  expect(await verifyEra(file)).toMatchObject({ blocks: 0, emptySlots: 64 })
})

test('records of other types may follow the state', async () => {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: SLOTS })
  for (const [slot, ssz] of chain.blocks) if (slot < 64n) await writer.block(ssz)
  await writer.finish(chain.states[1] as Uint8Array, [{ type: 0x9900, data: Uint8Array.of(1, 2) }])
  const file = await open(sink.bytes())
  expect((await verifyEra(file)).unknown).toMatchObject([{ hex: '9900', records: 1, bytes: 2 }])
})

test('a writer takes only what belongs to its era, in order', async () => {
  const writer = await EraWriter.begin(toBytes(), { era: 1n, slotsPerEra: SLOTS })
  const block = (slot: bigint): Uint8Array => chain.blocks.get(slot) ?? new Uint8Array(0)
  await writer.block(block(5n))
  await expect(writer.block(block(4n))).rejects.toThrow(RangeError)
  await expect(writer.block(block(64n + 8n))).rejects.toThrow(RangeError)
  await expect(writer.block(new Uint8Array(200))).rejects.toThrow(E2FormatError)
  await expect(writer.finish(chain.states[2] as Uint8Array)).rejects.toThrow(RangeError)
  await writer.finish(chain.states[1] as Uint8Array)
  await expect(writer.block(block(6n))).rejects.toThrow(RangeError)
})

test("another slot's block is never given for a slot", async () => {
  const twelve = withEntry(11, 0)
  twelve.copyWithin(
    twelve.length - 40 - 8 * (SLOTS - 11),
    first.length - 40 - 8 * (SLOTS - 12),
    first.length - 40 - 8 * (SLOTS - 13),
  )
  const file = await open(twelve)
  await expect(file.block(11n)).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'read' })
  await expect(collect(file.blocks())).rejects.toThrow(E2FormatError)
})

test('blocks out of order are read by slot, and rejected in sequence', async () => {
  const blocks = [...chain.blocks.keys()].filter((slot) => slot < 64n)
  const [zero, one, two, ...rest] = blocks as [bigint, bigint, bigint, ...bigint[]]
  const bytes = writeAnyGroup({ stateSlot: 64n, blocks: [zero, two, one, ...rest], state: stateOf(1) })
  const file = await open(bytes)
  expect((await file.block(one))?.ssz).toEqual(chain.blocks.get(one))
  await expect(collect(file.blocks())).rejects.toMatchObject({ code: 'BAD_INDEX' })
  await expect(verifyEra(file)).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'verify' })
})
