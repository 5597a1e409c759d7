import { encodeEntry } from '@datastreamer/format'
import { DEFAULT_MAX_BYTES } from './block-assembler.ts'
import { decodeAs } from './codec.ts'
import { type EntryIterable, entriesOf } from './entry-iterable.ts'
import { AssemblyLimitError } from './errors.ts'
import type { Generation } from './generation.ts'
import { GenerationDetector } from './generation-detector.ts'
import { toHex } from './hex.ts'

/** One batch as the Go command line dumps it: its block, transaction and block end entries. */
export interface BatchDump {
  readonly batchNumber: bigint
  readonly entryFirst: bigint
  readonly entryLast: bigint
  readonly l2BlockFirst: bigint
  readonly l2BlockLast: bigint
  readonly totalTx: bigint
  /** Hex of the entries as they lie in the file, head included, one after the other. */
  readonly batchData: string
}

export interface DumpBatchOptions {
  /** How the entries are encoded (default: detected by the first of them). */
  readonly generation?: Generation | undefined
  /** Bytes of the entries of the batch, by default 256 MiB, which is what a string holds. */
  readonly maxBytes?: number | undefined
}

/**
 * Dump one batch from entries that begin at or before it. Reads up to the end of the batch, to the first block of a
 * later one or to the end of the entries, whichever comes first; `undefined` if the batch has no block there.
 *
 * @throws {AssemblyLimitError} `TOO_LARGE`
 * @throws {SequencerEntryError} if an entry cannot be read
 * @see docs/spec/sequencer-entries.md §8
 */
export async function dumpBatch(
  entries: EntryIterable,
  batchNumber: bigint,
  { generation, maxBytes = DEFAULT_MAX_BYTES }: DumpBatchOptions = {},
): Promise<BatchDump | undefined> {
  const detector = new GenerationDetector(generation)
  let dump: BatchDump | undefined
  const parts: string[] = []
  let bytes = 0
  reading: for await (const item of entries) {
    for (const entry of entriesOf(item)) {
      const decoded = decodeAs(entry, detector.of(entry))
      if (decoded.kind === 'batchEnd' && decoded.number >= batchNumber) break reading
      if (decoded.kind === 'l2Block') {
        if (decoded.batchNumber > batchNumber) break reading
        if (decoded.batchNumber < batchNumber) continue
        const { number } = decoded
        const first = { batchNumber, entryFirst: entry.number, l2BlockFirst: number, totalTx: 0n, batchData: '' }
        dump = { ...(dump ?? first), l2BlockLast: number, entryLast: entry.number }
      } else if (dump === undefined || (decoded.kind !== 'transaction' && decoded.kind !== 'l2BlockEnd')) continue
      else {
        const totalTx = dump.totalTx + (decoded.kind === 'transaction' ? 1n : 0n)
        dump = { ...dump, entryLast: entry.number, totalTx }
      }
      const raw = encodeEntry(entry)
      bytes += raw.length
      if (bytes > maxBytes) {
        const message = `batch ${batchNumber} has more than maxBytes = ${maxBytes} bytes of entries`
        throw new AssemblyLimitError('TOO_LARGE', message, entry.number)
      }
      parts.push(toHex(raw))
    }
  }
  return dump && { ...dump, batchData: parts.join('') }
}

/** The text that the Go command line writes for a batch: numbers as JSON numbers, with all their digits. */
export function batchDumpText(dump: BatchDump): string {
  const { batchNumber, entryFirst, entryLast, l2BlockFirst, l2BlockLast, totalTx, batchData } = dump
  return (
    `{"batchNumber":${batchNumber},"entryFirst":${entryFirst},"entryLast":${entryLast},` +
    `"l2BlockFirst":${l2BlockFirst},"l2BlockLast":${l2BlockLast},"totalTx":${totalTx},"batchData":"${batchData}"}\n`
  )
}
