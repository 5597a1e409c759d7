import { type Compressed, decodeCompressed } from './compressed.ts'
import { PacketType } from './constants.ts'
import { decodeEntry, type Entry } from './entry.ts'
import { FormatError } from './errors.ts'
import { decodeHeaderEntry, type Header } from './header.ts'
import { decodeOperationBoundary, type OperationBoundary } from './operation-boundary.ts'
import { decodeProgress, type Progress } from './progress.ts'
import { decodeResult, type Result } from './result.ts'
import { decodeRunningDigest, type RunningDigest } from './running-digest.ts'

/** What a server can send. docs/spec/protocol.md §4. */
export type Packet =
  | { readonly packet: 'entry'; readonly entry: Entry }
  | { readonly packet: 'response'; readonly entry: Entry }
  | { readonly packet: 'header'; readonly header: Header }
  | { readonly packet: 'result'; readonly result: Result }
  | { readonly packet: 'operationBoundary'; readonly operationBoundary: OperationBoundary }
  | { readonly packet: 'compressed'; readonly compressed: Compressed }
  | { readonly packet: 'progress'; readonly progress: Progress }
  | { readonly packet: 'runningDigest'; readonly runningDigest: RunningDigest }

/** Decode the packet at byte `at`, whichever it is, or `undefined` if more bytes are needed. */
export function decodePacket(view: DataView, at: number, maxEntryBytes: number): Packet | undefined {
  const type = view.getUint8(at)
  switch (type) {
    case PacketType.entry: {
      const entry = decodeEntry(view, at, type, maxEntryBytes)
      return entry && { packet: 'entry', entry }
    }
    case PacketType.response: {
      const entry = decodeEntry(view, at, type, maxEntryBytes)
      return entry && { packet: 'response', entry }
    }
    case PacketType.header: {
      const header = decodeHeaderEntry(view, at)
      return header && { packet: 'header', header }
    }
    case PacketType.result: {
      const result = decodeResult(view, at)
      return result && { packet: 'result', result }
    }
    case PacketType.operationBoundary: {
      const operationBoundary = decodeOperationBoundary(view, at)
      return operationBoundary && { packet: 'operationBoundary', operationBoundary }
    }
    case PacketType.compressed: {
      const compressed = decodeCompressed(view, at)
      return compressed && { packet: 'compressed', compressed }
    }
    case PacketType.progress: {
      const progress = decodeProgress(view, at)
      return progress && { packet: 'progress', progress }
    }
    case PacketType.runningDigest: {
      const runningDigest = decodeRunningDigest(view, at)
      return runningDigest && { packet: 'runningDigest', runningDigest }
    }
    default:
      throw new FormatError('BAD_PACKET', `packet type ${type}, expected 1 to 6, 254 or 255`, at)
  }
}
