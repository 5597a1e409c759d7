import { type EraFile, openEra } from '../../src/era/era-file.ts'
import { encodeSlotIndex } from '../../src/index-records/slot-index.ts'
import { fromBytes } from '../../src/io/byte-source.ts'
import { concatBytes } from '../../src/io/bytes.ts'
import { putI64 } from '../../src/io/little-endian.ts'
import { encodeRecord } from '../../src/records/record.ts'
import { RecordType } from '../../src/records/record-type.ts'
import { snappyFramedEncode } from '../../src/snappy/encode.ts'
import { SLOTS, tinyChain } from './tiny-chain.ts'

/** Four eras: of genesis, with some empty slots, with more of them, without any block. */
export const chain = await tinyChain(3, (slot) => slot % 7 === 3 || (slot > 64 && slot < 70) || slot >= 128)
export const [genesis, first, second, third] = chain.files as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
export const stateOf = (era: number): Uint8Array => (chain.states[era] as Uint8Array).slice()

/** Open the concatenation of eras. */
export const open = async (...files: readonly Uint8Array[]): Promise<EraFile> => openEra(fromBytes(concatBytes(files)))

/** Era 1 with the stored offset of one slot changed. */
export function withEntry(i: number, offset: number, file: Uint8Array = first): Uint8Array {
  const out = file.slice()
  putI64(out, out.length - 32 - 8 - 8 * (SLOTS - i), offset)
  return out
}

export interface GroupInput {
  readonly stateSlot: bigint
  /** Slots of the blocks, in the order in which they are written. */
  readonly blocks: readonly bigint[]
  readonly state: Uint8Array
}

/** A group written record by record, whatever it holds. */
export function writeAnyGroup({ stateSlot, blocks, state }: GroupInput): Uint8Array {
  const parts = [encodeRecord(RecordType.Version, new Uint8Array(0))]
  let position = 8
  const add = (record: Uint8Array): number => {
    parts.push(record)
    position += record.length
    return position - record.length
  }
  const targets: (number | undefined)[] = Array.from({ length: SLOTS }, () => undefined)
  for (const slot of blocks) {
    const data = snappyFramedEncode(chain.blocks.get(slot) ?? new Uint8Array(0))
    targets[Number(slot - stateSlot) + SLOTS] = add(encodeRecord(RecordType.CompressedSignedBeaconBlock, data))
  }
  const target = add(encodeRecord(RecordType.CompressedBeaconState, snappyFramedEncode(state)))
  add(encodeSlotIndex({ position, start: stateSlot - BigInt(SLOTS), targets }))
  add(encodeSlotIndex({ position, start: stateSlot, targets: [target] }))
  return concatBytes(parts)
}

/**
 * Eras one after another whose empty slots all point at `position` of the file, as some writers leave them (0), or at
 * the Version record of their own era (`'own'`).
 */
export function joinMarked(position: number | 'own', files: readonly Uint8Array[]): Uint8Array {
  const out = concatBytes(files)
  let start = 0
  for (const file of files) {
    const end = start + file.length
    const index = end - 32 - 24 - 8 * SLOTS
    for (let i = 0; i < SLOTS && file.length > 32 + 24 + 8 * SLOTS; i++) {
      const at = index + 16 + 8 * i
      if (out.subarray(at, at + 8).some((byte) => byte !== 0)) continue
      putI64(out, at, (position === 'own' ? start : position) - index)
    }
    start = end
  }
  return out
}
