import { BOOKMARK_TYPE, ENTRY_HEAD_BYTES, type Entry, StreamError } from '@datastreamer/format'
import {
  BookmarkType,
  decodeSequencerEntry,
  type Generation,
  type SequencerEntry,
  toJson,
} from '@datastreamer/sequencer-entries'
import { count, hex, table, time } from './text.ts'

/** One line for an entry: number, kind, bytes, and what matters of what it holds. */
export function entryLine(entry: Entry, generation: Generation | undefined): string {
  const decoded = tryDecode(entry, generation)
  const kind = typeof decoded === 'string' ? `type ${entry.type}` : kindOf(decoded)
  const details = typeof decoded === 'string' ? decoded : detailsOf(decoded)
  const bytes = `${count(ENTRY_HEAD_BYTES + entry.data.length)} B`
  return `${String(entry.number).padStart(10)}  ${kind.padEnd(11)}  ${bytes.padStart(11)}  ${details}`
}

/** An entry for `--json`: `length` is that of the whole entry, its head of 17 bytes included. */
export function entryJson({ number, type, data }: Entry): string {
  return JSON.stringify({ number: String(number), type, length: ENTRY_HEAD_BYTES + data.length, data: hex(data) })
}

/** What an entry holds, or why that cannot be read; unknown without a generation. */
function tryDecode(entry: Entry, generation: Generation | undefined): SequencerEntry | string {
  if (generation === undefined) return { kind: 'unknown', type: entry.type, data: entry.data }
  try {
    return decodeSequencerEntry(entry, generation)
  } catch (error) {
    if (!(error instanceof StreamError)) throw error
    return `unreadable: ${error.message}`
  }
}

function kindOf(decoded: SequencerEntry): string {
  if (decoded.kind !== 'unknown') return decoded.kind
  return decoded.type === BOOKMARK_TYPE ? 'bookmark' : `type ${decoded.type}`
}

function detailsOf(decoded: SequencerEntry): string {
  switch (decoded.kind) {
    case 'bookmark':
      return `${bookmarkName(decoded.type)} ${decoded.value}`
    case 'batchStart':
      return `batch ${decoded.number}, fork ${decoded.forkId}, chain ${decoded.chainId}`
    case 'batchEnd':
      return `batch ${decoded.number}, state root ${hex(decoded.stateRoot, 8)}`
    case 'l2Block':
      return `block ${decoded.number}, batch ${decoded.batchNumber}, ${time(decoded.timestamp)}, ${hex(decoded.hash, 8)}`
    case 'l2BlockEnd':
      return `block ${decoded.number}`
    case 'transaction': {
      const valid = decoded.isValid ? '' : ', not valid'
      return `transaction ${decoded.index}, ${count(decoded.encoded.length)} bytes${valid}`
    }
    case 'updateGer':
      return `batch ${decoded.batchNumber}, global exit root ${hex(decoded.globalExitRoot, 8)}`
    case 'unknown':
      return hex(decoded.data, 16)
  }
}

function bookmarkName(type: number): string {
  if (type === BookmarkType.BATCH) return 'batch'
  return type === BookmarkType.L2_BLOCK ? 'block' : `type ${type}, value`
}

/** What `type` says without its data. */
function typeText(type: number): string {
  return type === BOOKMARK_TYPE ? `${type} (bookmark)` : String(type)
}

/** An entry with all that it holds, a line for each field. */
export function describeEntry(entry: Entry, generation: Generation | undefined): string[] {
  const rows: [string, string][] = [
    ['number', String(entry.number)],
    ['type', typeText(entry.type)],
    ['length', `${count(ENTRY_HEAD_BYTES + entry.data.length)} bytes`],
    ['data', hex(entry.data)],
  ]
  if (generation === undefined) return table(rows)
  const decoded = tryDecode(entry, generation)
  const fields = typeof decoded === 'string' ? { content: decoded } : toJson(decoded)
  for (const [name, value] of Object.entries(fields ?? {})) {
    rows.push([`  ${name}`, typeof value === 'string' ? value : JSON.stringify(value)])
  }
  return table(rows)
}
