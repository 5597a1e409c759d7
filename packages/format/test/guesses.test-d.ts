// What people write from memory: it only has to compile, and tsc says whether it does.

import {
  concatBytes,
  decodeCommand,
  decodeEntries,
  decodeEntry,
  decodeHeaderEntry,
  decodeHeaderPage,
  decodeOperationBoundary,
  decodeResult,
  type Entry,
  type EntrySource,
  encodeEntry,
  encodeResult,
  FormatError,
  type Header,
  PacketReader,
  ResultCode,
  readEntries,
  resultCodeName,
} from '@datastreamer/format'
import {
  decodeSourceAnswer,
  decodeSourceRequest,
  encodeSourceRequest,
  MessageReader,
  SourceCode,
  type StreamWriter,
  sourceCodeName,
} from '@datastreamer/format/source'

export async function readAFile(file: Uint8Array | AsyncIterable<Uint8Array>): Promise<bigint> {
  const header: Header = await readEntries(file).header
  const entries = readEntries(file, { magic: new Uint8Array(16) })
  for await (const entry of entries) entry.data.subarray(0, 2)
  for await (const { number, type, data } of readEntries(file))
    if (number === 7n && type === 2) return BigInt(data.length)
  return header.totalEntries + (await entries.header).systemId
}

export function decodeEverything(bytes: Uint8Array): unknown[] {
  const entry: Entry | undefined = decodeEntry(bytes)
  const next = entry && decodeEntry(bytes, encodeEntry(entry).length)
  const entries: Entry[] = decodeEntries(concatBytes([bytes, bytes]))
  const answers = [
    decodeResult(bytes),
    decodeHeaderEntry(bytes),
    decodeHeaderPage(bytes),
    decodeOperationBoundary(bytes),
  ]
  const messages = [decodeSourceRequest(bytes), decodeSourceAnswer(bytes), decodeCommand(bytes, 1n)]
  return [next, ...entries, ...answers, ...messages]
}

export function nameCodes(code: number): (string | undefined)[] {
  encodeResult(ResultCode.BAD_FROM_ENTRY)
  return [
    code === ResultCode.OK ? 'fine' : resultCodeName(code),
    code === SourceCode.BUSY ? 'busy' : sourceCodeName(code),
  ]
}

export function readAConnection(chunk: Uint8Array): unknown[] {
  const packets = new PacketReader()
  packets.push(chunk)
  const packet = packets.read()
  const requests = new MessageReader(decodeSourceRequest)
  requests.push(encodeSourceRequest({ name: 'ping' }))
  return [packet?.packet === 'operationBoundary' && packet.operationBoundary.nextEntry, requests.read()?.name]
}

export async function copy(from: EntrySource, to: StreamWriter): Promise<void> {
  try {
    for await (const batch of from.batches({ from: 0, to: 10n, follow: false })) {
      to.startAtomicOp()
      for (const { type, data } of batch) to.addStreamEntry(type, data)
      await to.commitAtomicOp()
    }
    for await (const { number } of from.entries({ from: { bookmark: Uint8Array.of(1) } })) await to.truncateFile(number)
  } catch (error) {
    if (error instanceof FormatError && error.code === 'BAD_LENGTH')
      throw new Error(`at ${error.offset}`, { cause: error })
  } finally {
    await to.close()
  }
}
