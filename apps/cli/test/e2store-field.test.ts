import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { openEra1 } from '@datastreamer/e2store'
import { archiveIdentity, blockSourceOf, era1ToEre, writeEra1, writeEre } from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { hasVectors, tempDir, vectorPath } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { datastreamer, jsonOf, linesOf } from './cli.ts'
import { writeSmallEra1, writeWith } from './e2store-files.ts'

/** An `.ere` without proofs of a few empty blocks, and the first four bytes of its last block's hash. */
async function writeNoproofs(path: string, era1: string): Promise<string> {
  await using source = await openFile(era1)
  const blocks = era1ToEre(blockSourceOf(await openEra1(source)))
  let id = ''
  await writeWith(path, async (sink) => {
    const { identity } = await writeEre(sink, blocks, { columns: ['receipts', 'totalDifficulty'] })
    id = identity.id
  })
  return id
}

describe('names that published files have', () => {
  test('verify and info tell what a name lacks, with status 0', async () => {
    using dir = tempDir()
    const era1 = await writeSmallEra1(dir.join('a.era1'), 4)
    const id = await writeNoproofs(dir.join('a.ere'), era1)
    const proper = `other-00000-${id}-noproofs.ere`
    for (const [name, says] of [
      [`other-00000-${id}.erae`, `name without profile: by its content the file is ${proper}`],
      [`other-00000-00001-${id}-noproofs.ere`, `name with a number of eras, 1: by its content the file is ${proper}`],
      [`other-00000-00000000-noproofs.ere`, `name without hash: by its content the file is ${proper}`],
    ] as const) {
      copyFileSync(dir.join('a.ere'), dir.join(name))
      expect((await linesOf('e2store', 'verify', dir.join(name)))[0]).toContain(`, ${says}`)
      const [report] = await jsonOf('e2store', 'verify', dir.join(name))
      expect(report?.deviations).toEqual([expect.objectContaining({ message: says })])
      expect((await linesOf('e2store', 'info', dir.join(name))).join('\n')).toContain(`fits the content; ${says}`)
    }
    const other = dir.join('other-00001-00000000.erae')
    copyFileSync(dir.join('a.ere'), other)
    expect((await datastreamer('e2store', 'verify', other)).status).toBe(1)
  })

  test('the parts of a name in the format of one writer, of an .era1', async () => {
    using dir = tempDir()
    const era1 = await writeSmallEra1(dir.join('a.era1'), 4)
    await using source = await openFile(era1)
    const { id } = await archiveIdentity(await openEra1(source))
    const name = dir.join(`gnosis-00000-00001-${id}.era1`)
    await writeWith(name, async (sink) => writeEra1(sink, blockSourceOf(await openEra1(source))))
    const [info] = await jsonOf('e2store', 'info', name)
    expect(info?.name).toMatchObject({ result: 'fits', expected: `gnosis-00000-${id}.era1` })
  })
})

describe('what is no file of blocks says what it is', () => {
  test.each<[string, (bytes: Uint8Array) => Uint8Array | string, string]>([
    ['a.era1', (bytes) => new Uint8Array(gzipSync(bytes)), 'it is compressed with gzip'],
    ['b.ere', () => '<!DOCTYPE html><html><body>Not found</body></html>', 'it is an HTML page'],
    ['c.erae', () => '<?xml version="1.0" encoding="UTF-8"?><Error/>', 'it is an XML document'],
    ['d.e2hs', (bytes) => new Uint8Array(bytes.length), 'it begins with zeros'],
    ['e.era1', (bytes) => bytes.subarray(0, -9), 'the index is missing'],
    [
      'f.era1',
      (bytes) => Uint8Array.from({ length: bytes.length }, (_, i) => (i < 500 ? (bytes[i] ?? 0) : 0)),
      'zeros',
    ],
  ])('%s', async (name, make, says) => {
    using dir = tempDir()
    const whole = await writeSmallEra1(dir.join('whole.era1'), 4)
    writeFileSync(dir.join(name), make(new Uint8Array(readFileSync(whole))))
    for (const command of ['verify', 'info'] as const) {
      const { status, stdout, stderr } = await datastreamer('e2store', command, dir.join(name))
      expect([status, stdout + stderr]).toEqual([1, expect.stringContaining(says)])
      expect(stdout + stderr).not.toMatch(/\d{10}/)
    }
  })

  test('a folder is reported to be one', async () => {
    using dir = tempDir()
    const { status, stderr } = await datastreamer('e2store', 'cat', dir.path)
    expect([status, stderr]).toEqual([1, expect.stringContaining('is a folder')])
  })
})

describe.skipIf(!hasVectors('e2store/field'))('files as other programs write them', () => {
  test.each([
    ['mainnet-00000-2d33dc73.erae', 'name without profile'],
    ['index-order/mainnet-00000-2d33dc73.ere', 'order of the index columns'],
    ['aura/gnosis-00000-34313f9a.era1', 'ok'],
    ['op-deposit/op-20000-1a61e3a0-noproofs.ere', 'ok'],
  ])('%s verifies, and its blocks are printed', async (path, says) => {
    const file = vectorPath('e2store', 'field', ...path.split('/'))
    expect((await linesOf('e2store', 'verify', file))[0]).toContain(says)
    const blocks = await jsonOf('e2store', 'cat', '--blocks', file)
    expect(blocks.length).toBeGreaterThan(1)
  })
})
