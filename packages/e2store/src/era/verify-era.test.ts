import { expect, test } from 'vitest'
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
import { VerificationError } from '../errors.ts'
import { toBytes } from '../io/byte-sink.ts'
import { putU64 } from '../io/little-endian.ts'
import { encodeRecord } from '../records/record.ts'
import { RecordType } from '../records/record-type.ts'
import type { EraFile } from './era-file.ts'
import { EraWriter } from './era-writer.ts'
import { verifyEra } from './verify-era.ts'

test('verification reports what a file holds', async () => {
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

test('verification stops on abort', async () => {
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

test('a state of another slot than the index says is refused', async () => {
  const blocks = [...chain.blocks.keys()].filter((slot) => slot < 64n)
  expect(writeAnyGroup({ stateSlot: 64n, blocks, state: stateOf(1) })).toEqual(first)
  const file = await open(writeAnyGroup({ stateSlot: 64n, blocks, state: stateOf(2) }))
  await expect(verifyEra(file)).rejects.toMatchObject({ code: 'WRONG_NUMBER', step: 'verify' })
})

test('an era of another network than the one before is refused', async () => {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 2n, slotsPerEra: SLOTS })
  for (const [slot, ssz] of chain.blocks) if (slot >= 64n) await writer.block(ssz)
  await writer.finish(stateOf(2).fill(0xee, 8, 40))
  await expect(verifyEra(await open(first, sink.bytes()))).rejects.toMatchObject({ code: 'WRONG_NETWORK' })
})

test('the end of a state is read too, for its checksum', async () => {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: SLOTS })
  await writer.finish(new Uint8Array(200_000))
  const bytes = sink.bytes()
  const last = bytes.length - 32 - 2
  bytes[last] = (bytes[last] as number) ^ 1
  await expect(verifyEra(await open(bytes))).rejects.toMatchObject({ code: 'BAD_SNAPPY', step: 'verify' })
})

test.each([
  ['a block', RecordType.CompressedSignedBeaconBlock],
  ['a state', RecordType.CompressedBeaconState],
  ['a Version', RecordType.Version],
  ['an index', RecordType.SlotIndex],
])('%s after the state is rejected', async (_, type) => {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: SLOTS })
  await writer.finish(stateOf(0), [{ type, data: new Uint8Array(0) }])
  await expect(verifyEra(await open(sink.bytes()))).rejects.toMatchObject({ code: 'BAD_GROUP', step: 'verify' })
})

test('a record that reaches over an index is refused', async () => {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 3n, slotsPerEra: SLOTS })
  await writer.finish(stateOf(3), [{ type: 0x9900, data: new Uint8Array(0) }])
  const bytes = sink.bytes()
  const at = bytes.length - 32 - (24 + 8 * SLOTS) - 8
  bytes.set(encodeRecord(0x9900, new Uint8Array(24 + 8 * SLOTS)).subarray(0, 8), at)
  await expect(verifyEra(await open(bytes))).rejects.toMatchObject({ code: 'BAD_GROUP', position: at })
})
