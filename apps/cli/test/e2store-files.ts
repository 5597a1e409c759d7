import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ByteSink, fromBytes, openEra, RecordWriter, toBytes } from '@datastreamer/e2store'
import { EraWriter, eraNameOf } from '@datastreamer/e2store/era'
import {
  defaultHashes,
  EMPTY_TRIE_ROOT,
  encodeHeader,
  encodeReceipts,
  writeEra1,
} from '@datastreamer/e2store/execution'
import { createFile } from '@datastreamer/e2store/node'

/** Write a file through a sink. */
export async function writeWith(path: string, write: (sink: ByteSink) => Promise<unknown>): Promise<string> {
  await using file = await createFile(path)
  await write(file)
  await file.commit()
  return path
}

/** A file of records, each with data of its type's low byte. */
export async function writeRecords(path: string, types: readonly number[]): Promise<string> {
  return writeWith(path, async (sink) => {
    const writer = new RecordWriter(sink)
    await writer.writeVersion()
    for (const type of types) await writer.write(type, new Uint8Array(3).fill(type))
  })
}

const EMPTY_LIST = Uint8Array.of(0xc0)
const EMPTY_BODY = Uint8Array.of(0xc2, 0xc0, 0xc0)
const DIFFICULTY = 5n

/** A valid `.era1` of empty blocks from 0 on. */
export async function writeSmallEra1(path: string, blocks: number): Promise<string> {
  const { keccak256 } = defaultHashes()
  const rows: { header: Uint8Array; body: Uint8Array; receipts: Uint8Array; totalDifficulty: Uint8Array }[] = []
  let parentHash: Uint8Array = new Uint8Array(32)
  for (let number = 0n; number < BigInt(blocks); number++) {
    const header = encodeHeader({
      parentHash,
      ommersHash: keccak256(EMPTY_LIST),
      beneficiary: new Uint8Array(20),
      stateRoot: new Uint8Array(32).fill(7),
      transactionsRoot: EMPTY_TRIE_ROOT,
      receiptsRoot: EMPTY_TRIE_ROOT,
      logsBloom: new Uint8Array(256),
      difficulty: DIFFICULTY,
      number,
      gasLimit: 5000n,
      gasUsed: 0n,
      timestamp: 1_438_269_973n + number,
      extraData: new Uint8Array(0),
      mixHash: new Uint8Array(32),
      nonce: new Uint8Array(8),
    })
    const totalDifficulty = new Uint8Array(32)
    new DataView(totalDifficulty.buffer).setBigUint64(0, DIFFICULTY * (number + 1n), true)
    rows.push({ header, body: EMPTY_BODY, receipts: encodeReceipts([], defaultHashes()), totalDifficulty })
    parentHash = keccak256(header)
  }
  return writeWith(path, (sink) => writeEra1(sink, { start: 0n, read: () => rows }))
}

const SLOTS = 64

/** The `.era` of a genesis state of zeros: valid. */
export async function writeGenesisEra(path: string): Promise<string> {
  return writeWith(path, async (sink) => {
    const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: SLOTS })
    await writer.finish(stateOf(0n))
  })
}

/** An `.era` with blocks in these slots of the era; what blocks and state hold does not fit together. */
export async function writeInvalidEra(path: string, era: bigint, slots: readonly number[]): Promise<string> {
  return writeWith(path, async (sink) => {
    const writer = await EraWriter.begin(sink, { era, slotsPerEra: SLOTS })
    for (const slot of slots) await writer.block(blockOf((era - 1n) * BigInt(SLOTS) + BigInt(slot)))
    await writer.finish(stateOf(era * BigInt(SLOTS)))
  })
}

/** hash_tree_root of the header of the block of slot 0, whose body has a root of bytes `salt`. */
function rootOfFirst(salt: number): Uint8Array {
  const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
  let level = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i === 4 ? salt : 0))
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      Uint8Array.from(sha256(Buffer.concat(level.slice(2 * i, 2 * i + 2)))),
    )
  }
  return level[0] ?? new Uint8Array(32)
}

/** A signed beacon block with nothing but its slot. */
export function blockOf(slot: bigint): Uint8Array {
  const ssz = new Uint8Array(200)
  const view = new DataView(ssz.buffer)
  view.setUint32(0, 100, true)
  view.setUint32(180, 84, true)
  view.setBigUint64(100, slot, true)
  return ssz
}

function stateOf(slot: bigint): Uint8Array {
  const ssz = new Uint8Array(176 + 64 * SLOTS)
  new DataView(ssz.buffer).setBigUint64(40, slot, true)
  return ssz
}

/**
 * Consecutive `.era` files of a chain with no block but that of slot 0, valid at its fixed positions, named by their
 * content.
 *
 * @param salt makes another chain of it from era 1 on
 * @param validators the genesis validators root, 32 bytes (default: zeros)
 */
export async function writeEmptyEras(
  folder: string,
  config: string,
  count: number,
  salt = 0,
  validators = new Uint8Array(32),
): Promise<string[]> {
  const paths: string[] = []
  const root = rootOfFirst(salt)
  for (let era = 0; era < count; era++) {
    const state = stateOf(BigInt(era * SLOTS))
    state.set(validators, 8)
    if (era > 0) {
      state.fill(salt, 64 + 80, 64 + 112)
      for (let i = 0; i < SLOTS; i++) state.set(root, 176 + 32 * i)
      state.fill(era, 176 + 32 * SLOTS + 32, 176 + 64 * SLOTS)
    }
    const sink = toBytes()
    const writer = await EraWriter.begin(sink, { era: BigInt(era), slotsPerEra: SLOTS })
    if (era === 1) await writer.block(blockOf(0n))
    await writer.finish(state)
    const path = join(folder, await eraNameOf(await openEra(fromBytes(sink.bytes())), config))
    await writeFile(path, sink.bytes())
    paths.push(path)
  }
  return paths
}
