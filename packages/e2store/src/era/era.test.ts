import { expect, test } from 'vitest'
import { collect } from '../../test/support/collect.ts'
import { SLOTS, tinyChain } from '../../test/support/tiny-chain.ts'
import { E2FormatError, NotFoundError, VerificationError } from '../errors.ts'
import { encodeSlotIndex } from '../index-records/slot-index.ts'
import { toBytes } from '../io/byte-sink.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes, putI64, putU64 } from '../io/little-endian.ts'
import { encodeRecord } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import { snappyFramedEncode } from '../snappy/encode.ts'
import { type EraFile, openEra } from './era-file.ts'
import { EraWriter } from './era-writer.ts'
import { iterateEraItems } from './legacy-era.ts'
import { mergeEras, writeGroup } from './split-merge.ts'
import { verifyEra } from './verify-era.ts'

const isEmpty = (slot: number): boolean => slot % 7 === 3 || (slot > 64 && slot < 70) || slot >= 128
const chain = await tinyChain(3, isEmpty)
const [genesis, first, second, third] = chain.files as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
const open = async (...files: readonly Uint8Array[]): Promise<EraFile> => openEra(fromBytes(concatBytes(files)))

/** The bytes of era 1 with an index entry changed. */
function withEntry(i: number, offset: number, file: Uint8Array = first): Uint8Array {
  const out = file.slice()
  putI64(out, out.length - 32 - 8 - 8 * (SLOTS - i), offset)
  return out
}

test('every slot of a file of several eras has its block, or none', async () => {
  const file = await open(...chain.files)
  expect(file.groups.map(({ era, stateSlot, slotsPerEra }) => [era, stateSlot, slotsPerEra])).toEqual([
    [0n, 0n, 0],
    [1n, 64n, 64],
    [2n, 128n, 64],
    [3n, 192n, 64],
  ])
  for (let slot = 0n; slot < 192n; slot++) expect((await file.block(slot))?.ssz).toEqual(chain.blocks.get(slot))
  for (const [era, state] of chain.states.entries()) expect(await file.state(BigInt(era * SLOTS))).toEqual(state)
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
  await expect(file.block(64n)).rejects.toThrow(NotFoundError)
  await expect(file.state(0n)).rejects.toMatchObject({ code: 'NOT_IN_FILE' })
  expect(await file.block(3n)).toBeUndefined()
})

test('an era splits off and merges back byte for byte', async () => {
  const file = await open(...chain.files)
  for (const [i, group] of file.groups.entries()) {
    const sink = toBytes()
    await writeGroup(file, group, sink)
    expect(sink.bytes()).toEqual(chain.files[i])
  }
  const sink = toBytes()
  await mergeEras([await open(genesis, first), await open(second)], sink)
  expect(sink.bytes()).toEqual(concatBytes([genesis, first, second]))
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

test('records of other types may stand behind the state', async () => {
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

test('verification tells what a file holds', async () => {
  const seen: number[] = []
  const report = await verifyEra(await open(genesis, first, second), {
    genesisValidatorsRoot: chain.genesisValidatorsRoot,
    onProgress: ({ bytes }) => seen.push(bytes),
  })
  expect(report).toMatchObject({ eras: [0n, 1n, 2n], states: 3, unknown: [] })
  expect(report.blocks).toBe(chain.blocks.size)
  expect(report.blocks + report.emptySlots).toBe(128)
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
})

test('verification stops when told to', async () => {
  const abort = new AbortController()
  abort.abort(new Error('enough'))
  await expect(verifyEra(await open(first), { signal: abort.signal })).rejects.toThrow('enough')
})

/** Write era 1 again with what `change` makes of its blocks and its state. */
async function forge(change: {
  readonly block?: (ssz: Uint8Array, slot: bigint) => Uint8Array | undefined
  readonly state?: (ssz: Uint8Array) => void
}): Promise<EraFile> {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 1n, slotsPerEra: SLOTS })
  for (const [slot, ssz] of chain.blocks) {
    if (slot >= 64n) continue
    const block = change.block ? change.block(ssz.slice(), slot) : ssz
    if (block) await writer.block(block)
  }
  const state = (chain.states[1] as Uint8Array).slice()
  change.state?.(state)
  await writer.finish(state)
  return open(sink.bytes())
}

const at =
  (position: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.fill(0xee, position, position + 4)
const inSlot = (wanted: bigint, change: (ssz: Uint8Array) => Uint8Array | undefined) => ({
  block: (ssz: Uint8Array, slot: bigint) => (slot === wanted ? change(ssz) : ssz),
})

test.each([
  ['a block left out', inSlot(20n, () => undefined), 'HIDDEN_BLOCK'],
  ['the last block left out', inSlot(63n, () => undefined), 'HIDDEN_BLOCK'],
  ['another parent', inSlot(20n, at(116)), 'WRONG_PARENT'],
  ['another state root', inSlot(20n, at(148)), 'WRONG_ROOT'],
  ['another root in the state', { state: at(176 + 32 * 20) }, 'WRONG_PARENT'],
  ['another last root in the state', { state: at(176 + 32 * 63) }, 'WRONG_ROOT'],
  ['another last block in the state', { state: at(64 + 80) }, 'WRONG_ROOT'],
  ['a last block of another slot', { state: (ssz: Uint8Array) => putU64(ssz, 64, 62n) }, 'WRONG_ORDER'],
])('verification refuses %s', async (_, change, code) => {
  const error = await verifyEra(await forge(change)).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(VerificationError)
  expect(error).toMatchObject({ code, step: 'verify' })
})

test('a block where the state has the one before is refused', async () => {
  const copyRoot = (ssz: Uint8Array): void => {
    ssz.copyWithin(176 + 32 * 20, 176 + 32 * 19, 176 + 32 * 20)
  }
  await expect(verifyEra(await forge({ state: copyRoot }))).rejects.toMatchObject({ code: 'WRONG_ROOT' })
})

test('a state with a block of its own slot is right too', async () => {
  const file = await forge({
    state: (ssz) => {
      putU64(ssz, 64, 64n)
      ssz.copyWithin(80, 176 + 32 * 63, 176 + 32 * 64)
    },
  })
  expect(await verifyEra(file)).toMatchObject({ eras: [1n] })
})

test('eras of different chains, or out of order, are refused', async () => {
  await expect(verifyEra(await open(second, first))).rejects.toMatchObject({ code: 'WRONG_ORDER' })
  await expect(verifyEra(await open(first, third))).rejects.toMatchObject({ code: 'WRONG_ORDER' })
  const other = new Uint8Array(32)
  await expect(verifyEra(await open(first), { genesisValidatorsRoot: other })).rejects.toMatchObject({
    code: 'WRONG_NETWORK',
  })
  await expect(verifyEra(await open(first), { previousBlockRoot: other.fill(1) })).rejects.toThrow(VerificationError)
  const { lastBlockRoot } = await verifyEra(await open(first))
  expect(lastBlockRoot).toBeDefined()
  await verifyEra(await open(second), lastBlockRoot && { previousBlockRoot: lastBlockRoot })
})

test('an entry that reaches into the group before is refused', async () => {
  const into = -(first.length - 32 - 24 - 8 * SLOTS) - 40
  const file = await open(genesis, withEntry(1, into))
  await expect(file.block(1n)).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'read' })
  await expect(verifyEra(file)).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'verify' })
})

test('a block that the index does not name is refused', async () => {
  await expect(verifyEra(await open(withEntry(1, 0)))).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'verify' })
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

test.each([
  ['no bytes', new Uint8Array(0), 'EMPTY_FILE'],
  [
    'a first record that is not Version',
    concatBytes([encodeRecord(0, new Uint8Array(0)), genesis.slice(8)]),
    'UNEXPECTED_TYPE',
  ],
  ['a number of slots that no preset has', await era({ slots: 32 }), 'BAD_GROUP'],
  ['blocks that do not end at the state', await era({ start: 1n }), 'BAD_GROUP'],
  ['a state without a position', await era({ stateTarget: undefined }), 'BAD_GROUP'],
  ['a state that is a Version record', await era({ stateTarget: 0 }), 'UNEXPECTED_TYPE'],
  ['blocks behind the state', await era({ blockTarget: 18 }), 'BAD_GROUP'],
])('opening refuses %s', async (_, bytes, code) => {
  await expect(open(bytes)).rejects.toMatchObject({ code, step: 'open' })
})

/** A group of an era by its records only: a Version, an empty state record, an empty block record, the indices. */
async function era(change: {
  readonly slots?: number
  readonly start?: bigint
  readonly stateTarget?: number | undefined
  readonly blockTarget?: number
}): Promise<Uint8Array> {
  const { slots = 64, start = 0n, stateTarget, blockTarget } = { stateTarget: 8, ...change }
  const content = concatBytes([
    encodeRecord(RecordType.Version, new Uint8Array(0)),
    encodeRecord(RecordType.CompressedBeaconState, new Uint8Array(2)),
    encodeRecord(RecordType.CompressedSignedBeaconBlock, new Uint8Array(0)),
  ])
  const targets = Array.from({ length: slots }, (_, i) => (i === 5 ? blockTarget : undefined))
  const blocks = encodeSlotIndex({ position: content.length, startSlot: start, targets })
  const position = content.length + blocks.length
  const state = encodeSlotIndex({ position, startSlot: BigInt(slots), targets: [stateTarget] })
  return concatBytes([content, blocks, state])
}

test('an old file without indices is read from its start', async () => {
  const [block] = [...chain.blocks.values()] as [Uint8Array]
  const withLength = (ssz: Uint8Array): Uint8Array =>
    concatBytes([Uint8Array.of((ssz.length & 0x7f) | 0x80, ssz.length >> 7), ssz])
  const write = (wrap: (ssz: Uint8Array) => Uint8Array): ByteSource =>
    fromBytes(
      concatBytes([
        encodeRecord(RecordType.Version, new Uint8Array(0)),
        encodeRecord(RecordType.CompressedBeaconState, snappyFramedEncode(wrap(chain.states[0] as Uint8Array))),
        encodeRecord(RecordType.CompressedSignedBeaconBlock, snappyFramedEncode(wrap(block))),
      ]),
    )
  const expected = [
    { kind: 'state', slot: 0n, position: 8, ssz: chain.states[0] },
    { kind: 'block', slot: 0n, ssz: block },
  ]
  const plain = write((ssz) => ssz)
  const prefixed = write(withLength)
  expect(await collect(iterateEraItems(plain))).toMatchObject(expected)
  expect(await collect(iterateEraItems(prefixed, { lengthPrefixed: true }))).toMatchObject(expected)
  await expect(collect(iterateEraItems(plain, { lengthPrefixed: true }))).rejects.toMatchObject({
    code: 'BAD_SSZ',
  })
})
