import { createHash } from 'node:crypto'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { blockHead, iterateEraItems, verifyEra } from '../../src/era.ts'
import { fromBytes, iterateRecords, openEra, RecordType, RecordWriter, toBytes } from '../../src/index.ts'
import { encodeE2i, indexSlots, readE2i, readSlotIndex } from '../../src/index-records.ts'
import { snappyFramedDecode, snappyFramedEncode } from '../../src/snappy.ts'
import { tinyChain } from '../support/tiny-chain.ts'
import { fullEraKind } from './full-era-kind.ts'
import type { Kind } from './harness.ts'

/** Read all records; nothing protects the content of such a file. */
async function walk(bytes: Uint8Array): Promise<undefined> {
  for await (const { type, data, position } of iterateRecords(fromBytes(bytes))) {
    if (type === RecordType.CompressedSignedBeaconBlock) snappyFramedDecode(data, { position: position + 8 })
  }
}

/** Verify an era file, and read everything in it. */
async function checkEra(bytes: Uint8Array): Promise<string> {
  const file = await openEra(fromBytes(bytes))
  const report = await verifyEra(file)
  const hash = createHash('sha256').update(`${report.eras} ${report.blocks}`)
  for await (const { slot, ssz } of file.blocks()) hash.update(`${slot}`).update(ssz)
  for (const group of file.groups) hash.update(await file.groupState(group))
  return hash.digest('hex')
}

/**
 * Verify an era file whose checksums are right whatever it holds. What counts as verified is what the checks of fixed
 * positions bind: which slots have blocks, their parents (but for the first, whose parent is in the era before) and
 * the roots of their states.
 */
async function checkFixedPositions(bytes: Uint8Array): Promise<string> {
  const file = await openEra(fromBytes(bytes))
  await verifyEra(file)
  const hash = createHash('sha256')
  let first = true
  for await (const { slot, ssz } of file.blocks()) {
    const { parentRoot, stateRoot } = blockHead(ssz, { position: 0 })
    hash.update(`${slot}`).update(stateRoot)
    if (!first) hash.update(parentRoot)
    first = false
  }
  for (const group of file.groups) hash.update((await file.stateHead(group)).blockRoots)
  return hash.digest('hex')
}

async function walkEra(bytes: Uint8Array): Promise<undefined> {
  for await (const _ of iterateEraItems(fromBytes(bytes)));
}

/** Records of several types, unknown ones too. */
async function genericFile(): Promise<Uint8Array> {
  const sink = toBytes()
  const writer = new RecordWriter(sink)
  for (let part = 0; part < 3; part++) {
    await writer.writeVersion()
    await writer.write(0x9901, Uint8Array.of(1, 2, 3, part))
    await writer.write(RecordType.CompressedSignedBeaconBlock, snappyFramedEncode(new Uint8Array(200 + part)))
    await writer.write(RecordType.Empty, new Uint8Array(5))
    await writer.write(0x4200, new Uint8Array(0))
  }
  return sink.bytes()
}

/** The kinds of files of the consensus layer, and the generic ones; recorded files too, where they are at hand. */
export async function consensusKinds(): Promise<Kind[]> {
  const { files, blocks } = await tinyChain(2, (slot) => slot % 5 === 3)
  const [genesis, first, second] = files as [Uint8Array, Uint8Array, Uint8Array]
  const data = toBytes()
  const writer = new RecordWriter(data)
  await writer.writeVersion()
  for (const ssz of blocks.values()) await writer.write(RecordType.CompressedSignedBeaconBlock, snappyFramedEncode(ssz))
  const blockFile = fromBytes(data.bytes())
  const index = await indexSlots(blockFile)
  const readIndex = async (bytes: Uint8Array): Promise<undefined> => {
    await readE2i(fromBytes(bytes), { data: blockFile })
  }
  const readIndexAlone = async (bytes: Uint8Array): Promise<undefined> => {
    await readE2i(fromBytes(bytes), { dataSize: blockFile.size })
  }
  const indexed = Uint8Array.of(...data.bytes(), ...encodeE2i(index, { dataSize: blockFile.size }))
  const kinds: Kind[] = [
    { name: '.e2s', bytes: await genericFile(), check: walk },
    { name: '.e2s with an index', bytes: indexed, check: readTargets },
    { name: '.e2i of layout 0', bytes: encodeE2i(index, { generation: 0 }), check: readIndex },
    { name: '.e2i of layout 1', bytes: encodeE2i(index, { generation: 1 }), check: readIndexAlone },
    { name: '.e2i of layout 2', bytes: encodeE2i(index, { dataSize: blockFile.size }), check: readIndex },
    { name: '.era of genesis', bytes: genesis, check: checkEra },
    { name: '.era', bytes: first, check: checkEra },
    { name: '.era of several eras', bytes: Uint8Array.of(...genesis, ...first, ...second), check: checkEra },
    { name: '.era under its checksums', bytes: first, check: checkFixedPositions, deep: true },
    { name: '.era without its indices', bytes: first, check: walkEra },
  ]
  if (!hasVectors('e2store')) return kinds
  const recorded = ['e2mini-00001-22330142.era', 'e2mini-00002-f0ac05a9.nimbus-empty.era', 'e2mini-00006-37f9ceca.era']
  return kinds.concat(
    await fullEraKind(),
    recorded.map((name) => ({
      name,
      bytes: Uint8Array.from(readVector('e2store', 'mini', `${name}.gz`)),
      check: checkEra,
    })),
  )
}

async function readTargets(bytes: Uint8Array): Promise<undefined> {
  const source = fromBytes(bytes)
  const index = await readSlotIndex(source)
  for (let i = 0; i < index.count; i++) index.target(i)
}
