import { basename } from 'node:path'
import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { verifyArchive } from '../src/execution/verify/verify.ts'
import { fromBytes } from '../src/io/byte-source.ts'
import { collect, openAny } from './support/execution.ts'

/** What is expected of a file: what verifying it tells, or how it fails. */
interface Expected {
  readonly verify?: string
  readonly tells?: string
  readonly cat?: string
}

const recorded = hasVectors('e2store/field')
const open = (path: string): ReturnType<typeof openAny> =>
  openAny(path, fromBytes(readVector('e2store', 'field', ...path.split('/'))))

describe.skipIf(!recorded)('files as other programs write them', () => {
  const expected: Readonly<Record<string, Expected>> = recorded
    ? JSON.parse(new TextDecoder().decode(readVector('e2store', 'field', 'expect.json')))
    : {}
  const archives = Object.entries(expected).filter(([path]) => /\.(era1|ere|erae)$/.test(path))

  test.for(archives.filter(([, { verify, cat }]) => (verify ?? cat) === 'ok'))('%s', async ([path, { tells }]) => {
    const archive = await open(path)
    const report = await verifyArchive(archive, { name: basename(path) })
    const messages = report.deviations.map(({ message }) => message)
    if (tells === undefined) expect(messages).toEqual([])
    else expect(messages).toEqual([expect.stringContaining(tells)])
    const blocks = await collect(archive.iterate())
    expect(blocks).toHaveLength(archive.count)
    expect(await archive.block(archive.start)).toEqual(blocks[0])
  })

  test('what their blocks hold', async () => {
    const aura = await (await open('aura/gnosis-00000-34313f9a.era1')).block(1n)
    expect(aura.header.aura).toEqual({ step: 371_662n, signature: new Uint8Array(65).fill(9) })
    const op = await (await open('op-deposit/op-20000-1a61e3a0-noproofs.ere')).block(163_840_000n)
    expect(op.receipts).toMatchObject([{ type: 0x7e, depositNonce: 5n, depositReceiptVersion: 1n }])
    const reordered = await open('index-order/mainnet-00000-2d33dc73.ere')
    expect(reordered.columns).toEqual(['header', 'body', 'receipts', 'totalDifficulty', 'proof'])
  })

  test('a missing index is reported without a number', async () => {
    const failed = open('messages/missing-index.ere')
    await expect(failed).rejects.toMatchObject({ step: 'open' })
    await expect(failed).rejects.toThrow(/^the index is missing: no DynamicBlockIndex \(6732\) record ends the file/)
    await expect(failed).rejects.not.toThrow(/\d{6}/)
  })
})
