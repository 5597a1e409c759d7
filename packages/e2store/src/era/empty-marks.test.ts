import { expect, test } from 'vitest'
import { expectBytes } from '../../test/support/expect-bytes.ts'
import { chain, first, genesis, joinMarked, open, second, third } from '../../test/support/tiny-eras.ts'
import { toBytes } from '../io/byte-sink.ts'
import { fromBytes } from '../io/byte-source.ts'
import { concatBytes } from '../io/bytes.ts'
import { putI64 } from '../io/little-endian.ts'
import { openEra } from './era-file.ts'
import { mergeEras, writeGroup } from './split-merge.ts'
import { verifyEra } from './verify-era.ts'

const files = [first, second, third]
const openJoined = (position: number | 'own') => openEra(fromBytes(joinMarked(position, files)))

async function splitAll(file: Awaited<ReturnType<typeof openJoined>>) {
  const parts: Uint8Array[] = []
  let rewritten = 0
  for (const group of file.groups) {
    const sink = toBytes()
    rewritten += await writeGroup(file, group, sink)
    parts.push(sink.bytes())
  }
  return { parts, rewritten }
}

test('empty slots of every era may point at position 0 of the file; the report says so', async () => {
  const file = await openJoined(0)
  const report = await verifyEra(file)
  const plain = await verifyEra(await open(...files))
  expect({ ...report, deviations: [] }).toEqual(plain)
  expect(plain.deviations).toEqual([])
  expect(report.deviations).toEqual([
    {
      code: 'EMPTY_AT_VERSION',
      message: '9 empty slots are marked by the position of the Version record',
      position: (await file.blockIndex(file.groups[0] as never))?.field(3),
    },
    {
      code: 'EMPTY_AT_OTHER_ERA',
      message: '77 empty slots are marked by a position in another era of the file',
      position: (await file.blockIndex(file.groups[1] as never))?.field(1),
    },
  ])
  for (let slot = 0n; slot < 192n; slot++) expect((await file.block(slot))?.ssz).toEqual(chain.blocks.get(slot))
})

test('an era taken out of such a file has no mark that points out of it', async () => {
  const { parts, rewritten } = await splitAll(await openJoined(0))
  expect(rewritten).toBeGreaterThan(0)
  expectBytes(parts[0], joinMarked(0, [first]))
  expectBytes(parts[1], second)
  expectBytes(parts[2], third)
  for (const part of parts) await verifyEra(await open(part))
})

test('marks at the Version record of the own era stay as they are, joined and taken out', async () => {
  const file = await openJoined('own')
  expect((await verifyEra(file)).deviations.map(({ code }) => code)).toEqual(['EMPTY_AT_VERSION'])
  const { parts, rewritten } = await splitAll(file)
  expect(rewritten).toBe(0)
  expectBytes(concatBytes(parts), joinMarked('own', files))
  const sink = toBytes()
  expect(await mergeEras(await Promise.all(parts.map((part) => open(part))), sink)).toBe(0)
  expectBytes(sink.bytes(), joinMarked('own', files))
})

test('joining a file with such marks after another one rewrites them', async () => {
  const sink = toBytes()
  expect(await mergeEras([await open(genesis), await openJoined(0)], sink)).toBeGreaterThan(0)
  const joined = await openEra(fromBytes(sink.bytes()))
  expect((await verifyEra(joined)).deviations.map(({ code }) => code)).toEqual(['EMPTY_AT_VERSION'])
})

test('a file with such marks that was simply appended to another is read, too', async () => {
  const file = await openEra(fromBytes(concatBytes([genesis, joinMarked(0, files)])))
  expect((await verifyEra(file)).blocks).toBe((await verifyEra(await open(...files))).blocks)
})

test('a position in another era that is no start of one is still wrong', async () => {
  const bytes = joinMarked(8, files)
  const file = await openEra(fromBytes(bytes)).catch((error: unknown) => error)
  if (file instanceof Error) expect(file).toMatchObject({ step: 'open' })
  else await expect(verifyEra(file as never)).rejects.toMatchObject({ step: 'verify' })
})

test('taking out an era whose index points at a block of another one fails', async () => {
  const bytes = concatBytes([first, second])
  const index = bytes.length - 32 - 24 - 8 * 64
  putI64(bytes, index + 16 + 8 * 63, 8 - index)
  const file = await openEra(fromBytes(bytes))
  await expect(splitAll(file)).rejects.toMatchObject({ code: 'BAD_TARGET' })
})
