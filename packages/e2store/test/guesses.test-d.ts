// What people write from memory: it only has to compile, and tsc says whether it does.

import { fromBytes, iterateRecords, openEra, openEra1, toBytes } from '@datastreamer/e2store'
import { EraWriter, verifyEra } from '@datastreamer/e2store/era'
import { verifyArchive, writeEra1 } from '@datastreamer/e2store/execution'
import { encodeE2i, readSlotIndex } from '@datastreamer/e2store/index'
import { createFile, openFile } from '@datastreamer/e2store/node'
import { snappyFramedDecode, snappyFramedEncode } from '@datastreamer/e2store/snappy'

export async function readFiles(): Promise<number> {
  await using file = await openFile('mainnet-00000-5ec1ffb8.era1')
  const archive = await openEra1(file)
  const { length } = await archive.block(1n).then((block) => block.body.transactions)
  const era = await openEra(fromBytes(new Uint8Array()))
  await verifyEra(era)
  let records = 0
  for await (const _ of iterateRecords(file)) records++
  return length + records
}

export async function writeFiles(): Promise<Uint8Array> {
  const sink = toBytes()
  const writer = await EraWriter.begin(sink, { era: 0n, slotsPerEra: 8192 })
  await writer.finish(new Uint8Array())
  return snappyFramedDecode(snappyFramedEncode(sink.bytes()))
}

export const others = [verifyArchive, writeEra1, readSlotIndex, encodeE2i, createFile]
