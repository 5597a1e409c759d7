import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hasVectors, readVector, vectorPath } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { type EraFile, EraWriter, eraNameOf, firstSlot, verifyEra, writeGroup } from '../src/era.ts'
import { concatFiles, fromBytes, iterateRecords, openEra, recordTypeHex, takeCensus, toBytes } from '../src/index.ts'
import { encodeE2i, indexSlots, readE2i, readSlotIndex } from '../src/index-records.ts'
import { toHex } from '../src/io/bytes.ts'
import { collect } from './support/collect.ts'
import { expectBytes } from './support/expect-bytes.ts'
import type { MiniFacts, MiniGroup } from './support/mini.ts'

const load = (...name: readonly string[]): Uint8Array => new Uint8Array(readVector('e2store', ...name))
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const recorded = hasVectors('e2store')
const facts: MiniFacts = recorded
  ? JSON.parse(Buffer.from(load('mini', 'facts.json')).toString())
  : { files: [], chain: { blocks: [], states: [] } }
const isPacked = (name: string): boolean => existsSync(vectorPath('e2store', 'mini', `${name}.gz`))
const mini = (name: string): Uint8Array => load('mini', isPacked(name) ? `${name}.gz` : name)
const eras = facts.files.filter(({ name }) => name.endsWith('.era') && !name.includes('int48') && isPacked(name))

describe.skipIf(!recorded)('recorded eras', () => {
  async function checkGroup(
    file: EraFile,
    i: number,
    { era, start, length, blockIndex, stateIndex }: MiniGroup,
  ): Promise<void> {
    const group = file.groups[i]
    if (!group) throw new Error(`no group ${i}`)
    expect(group.era).toBe(BigInt(era))
    if (start !== undefined) expect([group.start, group.end - group.start]).toEqual([start, length])
    if (stateIndex)
      expect([group.stateIndexPosition, group.statePosition]).toEqual([stateIndex.recordStart, stateIndex.absolute[0]])
    if (!blockIndex) return
    const index = await file.blockIndex(group)
    expect([index?.position, index?.start]).toEqual([blockIndex.recordStart, BigInt(blockIndex.startSlot)])
    expect(blockIndex.relative.map((_, slot) => index?.offset(slot))).toEqual(blockIndex.relative)
  }

  test.each(eras)('$name holds what its facts say, and verifies', async ({ name, sha256: hash, groups = [] }) => {
    const bytes = mini(name)
    expect(sha256(bytes)).toBe(hash)
    const file = await openEra(fromBytes(bytes))
    expect(file.groups).toHaveLength(groups.length)
    for (const [i, group] of groups.entries()) await checkGroup(file, i, group)
    const plainName = name.replace(/\.(multi|nimbus-empty|multi-nimbus-empty)\.era$/, '.era')
    expect(await eraNameOf(file, facts.chain.config)).toBe(plainName)
    const report = await verifyEra(file, { name: plainName })
    const slots = facts.chain.blocks.filter(({ slot }) =>
      file.groups.some((g) => slot >= firstSlot(g) && slot < g.stateSlot),
    )
    expect(report.blocks).toBe(slots.length)
    for (const { slot, sszLength } of slots) expect((await file.block(BigInt(slot)))?.ssz).toHaveLength(sszLength)
    for (const { slot, sszLength } of facts.chain.states) {
      if (file.groups.some((g) => g.stateSlot === BigInt(slot)))
        expect(await file.state(BigInt(slot))).toHaveLength(sszLength)
    }
  })

  test.each(eras)('$name written again has the same content and the same indices', async ({ name }) => {
    const file = await openEra(fromBytes(mini(name)))
    const sink = toBytes()
    for (const group of file.groups) {
      const writer = await EraWriter.begin(sink, { era: group.era, slotsPerEra: 64 })
      for await (const { ssz } of file.blocks(group)) await writer.block(ssz)
      await writer.finish(await file.groupState(group))
    }
    const again = await openEra(fromBytes(sink.bytes()))
    expect(await content(again)).toEqual(await content(file))
    if (!name.includes('nimbus')) expectBytes(sink.bytes(), mini(name))
  })

  async function content(file: EraFile): Promise<unknown> {
    const blocks = await collect(file.blocks(), ({ slot, ssz }) => `${slot} ${sha256(ssz)}`)
    const states = await Promise.all(file.groups.map(async (group) => sha256(await file.groupState(group))))
    return { blocks, states }
  }

  test('the eras of a file split off as the files that they were', async () => {
    const file = await openEra(fromBytes(mini('e2mini-00000-59bce588.multi.era')))
    for (const group of file.groups) {
      const sink = toBytes()
      await writeGroup(file, group, sink)
      const name = await eraNameOf(await openEra(fromBytes(sink.bytes())), 'e2mini')
      expect(sha256(sink.bytes())).toBe(facts.files.find((each) => each.name === name)?.sha256)
    }
  })

  test('offsets of 48 bits are rejected, and read on request', async () => {
    const source = fromBytes(mini('e2mini-00001-22330142.int48-quirk.era'))
    await expect(openEra(source)).rejects.toMatchObject({ code: 'BAD_TARGET', step: 'open' })
    expect(await verifyEra(await openEra(source, { signExtend48: true }))).toMatchObject({ blocks: 60 })
  })

  test('the Sepolia genesis era verifies', async () => {
    const file = await openEra(fromBytes(load('sepolia-00000-d8ea171f.era.gz')))
    const report = await verifyEra(file, { name: 'sepolia-00000-d8ea171f.era' })
    expect(report).toMatchObject({ eras: [0n], blocks: 0, states: 1 })
    expect(toHex(report.genesisValidatorsRoot)).toMatch(/^d8ea171f/)
  })

  test('the index of all three layouts is read, made and converted', async () => {
    const data = fromBytes(mini('blocks.e2s'))
    const { startSlot = 0, absolute = [] } = facts.files.find(({ name }) => name === 'blocks.e2s') ?? {}
    const expected = { startSlot: BigInt(startSlot), targets: absolute.map((target) => target || undefined) }
    expect(await indexSlots(data)).toEqual(expected)
    for (const generation of [0, 1, 2] as const) {
      const recorded = load('mini', `blocks.gen${generation}.e2i`)
      expect(await readE2i(fromBytes(recorded), { data })).toEqual({ ...expected, generation })
      expect(encodeE2i(expected, { generation, dataSize: data.size })).toEqual(recorded)
    }
  })

  test('an index after its data', async () => {
    const indexed = mini('blocks-with-index.e2s')
    const index = await readSlotIndex(fromBytes(indexed))
    expect([index.position, index.start, index.count]).toEqual([92_850, 128n, 64])
    expect(index.target(0)).toBe(8)
  })

  test('generic records', async () => {
    const source = fromBytes(mini('generic.e2s'))
    const records = await collect(iterateRecords(source), ({ type, length }) => `${recordTypeHex(type)}:${length}`)
    expect(records).toEqual(['6532:0', '2232:4', '0000:5', '9901:6', '6532:0', '4200:0'])
    expect((await takeCensus(source)).unknown().map(({ hex }) => hex)).toEqual(['2232', '9901', '4200'])
    const sink = toBytes()
    await concatFiles([source, source], sink)
    expect(sink.position).toBe(126)
  })
})
