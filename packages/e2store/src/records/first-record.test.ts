import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readE2i } from '../e2i/read.ts'
import { openEra } from '../era/era-file.ts'
import { openE2ss } from '../execution/e2ss/snapshot.ts'
import { openEra1 } from '../execution/era1/open.ts'
import { openEre } from '../execution/ere/open.ts'
import { identifyFile } from '../identify.ts'
import { type ByteSource, fromBytes } from '../io/byte-source.ts'
import { concatBytes, fromHex } from '../io/bytes.ts'
import { iterateHeaders, iterateRecords } from './iterate.ts'
import { encodeRecord } from './record.ts'
import { decodeRecords } from './stream.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const rest = new Uint8Array(200).fill(0xee)

const FOREIGN: readonly (readonly [name: string, bytes: Uint8Array, says: string])[] = [
  ['gzip', new Uint8Array(gzipSync(rest)), 'it is compressed with gzip'],
  ['zstd', concatBytes([fromHex('28b52ffd24c8'), rest]), 'it is compressed with zstd'],
  ['xz', concatBytes([fromHex('fd377a585a000004'), rest]), 'it is compressed with xz'],
  ['bzip2', concatBytes([text('BZh91AY&SY'), rest]), 'it is compressed with bzip2'],
  ['lz4', concatBytes([fromHex('04224d186440'), rest]), 'it is compressed with lz4'],
  ['zip', concatBytes([fromHex('504b030414000000'), rest]), 'it is a ZIP archive'],
  ['7z', concatBytes([fromHex('377abcaf271c0004'), rest]), 'it is a 7z archive'],
  ['a snappy stream', concatBytes([fromHex('ff060000734e61507059'), rest]), 'it is a snappy stream'],
  ['HTML', text('<!DOCTYPE html>\n<html><head><title>404</title></head></html>'), 'it is an HTML page'],
  ['HTML after a mark and space', text('\ufeff\n  <html lang="en">not here</html>'), 'it is an HTML page'],
  ['XML', text('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'), 'it is an XML document'],
  ['JSON', text('{"error":"not found","status":404}'), 'it is JSON'],
  [
    'a pointer of LFS',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'),
    'it is a pointer of Git LFS',
  ],
  ['other text', text('404 page not found\n'), 'it is text, "404 page not found"'],
  ['zeros', new Uint8Array(4096), 'it begins with zeros'],
]

/** A source that is not in memory. */
const slow = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: async (position, length) => bytes.slice(position, position + length),
})

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
}

describe.each(FOREIGN)('%s in place of a file', (_, bytes, says) => {
  test.each<[string, () => Promise<unknown>]>([
    ['identifying', () => identifyFile(fromBytes(bytes))],
    ['opening an .era1', () => openEra1(slow(bytes))],
    ['opening an .ere', () => openEre(fromBytes(bytes))],
    ['opening an .e2ss', () => openE2ss(slow(bytes))],
    ['opening an .era', () => openEra(slow(bytes))],
    ['walking', () => drain(iterateRecords(fromBytes(bytes)))],
    ['walking what is not in memory', () => drain(iterateHeaders(slow(bytes)))],
  ])('%s says what it is', async (__, open) => {
    const failed = open()
    await expect(failed).rejects.toMatchObject({ code: 'NO_VERSION', position: 0 })
    await expect(failed).rejects.toThrow(`not an e2store file: ${says}`)
  })

  test('a stream of it, and an index file, say so too', async () => {
    await expect(drain(decodeRecords([bytes]))).rejects.toMatchObject({ code: 'NO_VERSION' })
    await expect(readE2i(fromBytes(bytes))).rejects.toMatchObject({ code: 'BAD_INDEX', step: 'open' })
    await expect(readE2i(fromBytes(bytes))).rejects.toThrow(`not an index file: ${says}`)
  })
})

test('a file of records that does not begin with Version is reported by its first record', async () => {
  const bytes = encodeRecord(0x0300, rest)
  await expect(identifyFile(fromBytes(bytes))).rejects.toThrow(
    'first record is CompressedHeader (0300), expected Version',
  )
})
